import fc from "fast-check";

/*
 * Property tests draw the same cases in every run, so that a red suite means that the code changed.
 * FORECASTLAB_TEST_SEED=$RANDOM draws others: do that now and then, and pin what it finds as a case of its own.
 */
fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  seed: Number(process.env.FORECASTLAB_TEST_SEED ?? 20_240_229),
});
