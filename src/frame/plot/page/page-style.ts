/** The style of a page: ink on paper, light or dark as the reader's system is, always light in print. */
export const pageStyle = `\
:root{color-scheme:light dark;--paper:#fff;--ink:#1b2126;--muted:#59636d;--grid:#e4e7ea;--zero:#8a949d;--future:#f3f1ea;--bar:#8fb4d2;--mean:#134b75;--stockout:#c0402b;--tint:#c0402b1f;--promotion:#2c7a4b;--holiday:#946200;--price:#6546a6}
@media (prefers-color-scheme:dark){:root{--paper:#15191d;--ink:#e8ebee;--muted:#a3adb6;--grid:#2b3239;--zero:#6b7680;--future:#20262c;--bar:#4d7fa8;--mean:#c3e0f7;--stockout:#f0826e;--tint:#f0826e2e;--promotion:#6fc791;--holiday:#e2b553;--price:#bda4f4}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{margin:0;font:600 1.75rem/1.2 Charter,"Bitstream Charter",Georgia,"Noto Serif",serif;overflow-wrap:anywhere}
.deck{margin:.4rem 0 1.1rem;color:var(--muted)}
dl{display:flex;flex-wrap:wrap;gap:.7rem 2.2rem;margin:0 0 1.2rem;padding:.8rem 0;border-top:2px solid var(--ink);border-bottom:1px solid var(--grid)}
dt{font-size:.8125rem;color:var(--muted)}
dd{margin:0;font-size:1.25rem;line-height:1.3;font-weight:600;font-variant-numeric:tabular-nums}
small{font-size:.8125rem;font-weight:400;color:var(--muted)}
figure{margin:0}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.3rem;margin:0 0 .6rem;padding:0;list-style:none;font-size:.875rem}
.key{display:inline-block;width:.85em;height:.85em;margin-right:.45em;vertical-align:-.06em}
.key.bar{background:var(--bar)}
.key.bar-stockout{background:var(--stockout)}
.key.mean{height:3px;width:1.3em;vertical-align:.26em;background:var(--mean)}
svg{display:block;width:100%;height:auto;font-family:inherit;font-variant-numeric:tabular-nums}
svg text{fill:var(--ink)}
svg .label,svg .unit,svg .ahead,svg .none{fill:var(--muted)}
svg .strong,svg [class^=title-]{font-weight:600}
svg [class^=title-],svg .none{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
svg .bar{fill:var(--bar)}
svg .bar-stockout,svg .stockout,svg .title-stockout{fill:var(--stockout)}
svg .tint-stockout{fill:var(--tint)}
svg .promotion,svg .title-promotion{fill:var(--promotion)}
svg .holiday,svg .title-holiday{fill:var(--holiday)}
svg .title-list_price{fill:var(--price)}
svg .future{fill:var(--future)}
svg .mean,svg .price,svg .grid,svg .zero,svg .cutoff{fill:none}
svg .mean{stroke:var(--mean);stroke-width:2;stroke-linejoin:round}
svg .price{stroke:var(--price);stroke-width:1.75}
svg .grid{stroke:var(--grid)}
svg .zero{stroke:var(--zero)}
svg .cutoff{stroke:var(--ink);stroke-width:1.25}
.narrow{display:none}
@media (max-width:50rem){.wide{display:none}.narrow{display:block;max-width:36rem}h1{font-size:1.4rem}dd{font-size:1.1rem}}
.aside{margin:1rem 0 0;font-size:.875rem;color:var(--muted)}
details{margin-top:1.4rem;border-top:1px solid var(--grid);padding-top:.6rem}
summary{cursor:pointer;font-weight:600;padding:.3rem 0}
.scroll{overflow-x:auto;max-height:32rem;margin-top:.6rem}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .9rem .25rem 0;text-align:left;font-weight:400;border-bottom:1px solid var(--grid);white-space:nowrap}
thead th{position:sticky;top:0;background:var(--paper);font-weight:600}
.number{text-align:right}
@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--muted:#444;--grid:#ddd;--zero:#777;--future:#f1f1ee;--bar:#8fb4d2;--mean:#134b75;--stockout:#c0402b;--tint:#c0402b1f;--promotion:#2c7a4b;--holiday:#946200;--price:#6546a6}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}main{padding:0;max-width:none}.wide{display:block}.narrow{display:none}figure{break-inside:avoid}.scroll{max-height:none}}`;
