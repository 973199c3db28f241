import { quoteLiteral } from "../../database/identifiers.ts";
import { loadTablePattern } from "../../database/months.ts";
import { revisionTable } from "../revisions/revision-table.ts";

/**
 * Selects the objects of the current schema, one row per object, with definitions in PostgreSQL's own spelling. Names are
 * qualified only if the search path does not find them, so the catalogs of two schemas can be compared if each is read with
 * its own schema first on the search path.
 *
 * Not included: partitions and the objects on them (they are data); tables that a load is building, or left when it was
 * killed; objects of extensions; the revision table; the sequences of identity columns (their options are part of the column);
 * owners and privileges. PostgreSQL 18 lists NOT NULL as a constraint; it is compared as the nullability of the column.
 */
export const catalogSql = `
WITH owned AS (
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
),
relation AS (
  SELECT c.*
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = current_schema()
    AND NOT c.relispartition
    AND c.relname <> '${revisionTable}'
    AND c.relname !~ ${quoteLiteral(loadTablePattern)}
    AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    AND (c.tableoid, c.oid) NOT IN (SELECT classid, objid FROM owned)
),
identity_sequence AS (
  SELECT d.refobjid AS relation, d.refobjsubid AS attribute, d.objid AS sequence
  FROM pg_depend d
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i'
    AND d.objid IN (SELECT oid FROM relation WHERE relkind = 'S')
),
sequence_options AS (
  SELECT s.seqrelid AS sequence, concat_ws(', ',
    CASE WHEN s.seqstart <> 1 THEN 'start ' || s.seqstart END,
    CASE WHEN s.seqincrement <> 1 THEN 'increment ' || s.seqincrement END,
    CASE WHEN s.seqmin <> 1 THEN 'minimum ' || s.seqmin END,
    CASE WHEN s.seqmax <> CASE s.seqtypid
        WHEN 'smallint'::regtype THEN 32767
        WHEN 'integer'::regtype THEN 2147483647
        ELSE 9223372036854775807
      END THEN 'maximum ' || s.seqmax END,
    CASE WHEN s.seqcache <> 1 THEN 'cache ' || s.seqcache END,
    CASE WHEN s.seqcycle THEN 'cycle' END
  ) AS options
  FROM pg_sequence s
)

SELECT 'table' AS kind, NULL AS "table", c.relname::text AS name, jsonb_build_object(
    'partitioned by', pg_get_partkeydef(c.oid),
    'default partition', CASE WHEN p.partdefid <> 0 THEN 'yes' WHEN p.partdefid = 0 THEN 'no' END,
    'kind', CASE WHEN c.relkind = 'f' THEN 'foreign table' WHEN c.relpersistence = 'u' THEN 'unlogged' END,
    'row level security', CASE
      WHEN c.relforcerowsecurity AND c.relrowsecurity THEN 'forced'
      WHEN c.relrowsecurity THEN 'enabled'
    END,
    'storage parameters', array_to_string(c.reloptions, ', '),
    'replica identity', CASE c.relreplident WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' WHEN 'i' THEN 'index' END,
    'inherits', (
      SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
      FROM pg_inherits i WHERE i.inhrelid = c.oid
    ),
    'comment', obj_description(c.oid, 'pg_class')
  ) AS properties
FROM relation c
LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'f')

UNION ALL
SELECT 'column', c.relname::text, a.attname::text, jsonb_build_object(
    'type', format_type(a.atttypid, a.atttypmod),
    'nullable', CASE WHEN a.attnotnull THEN 'no' ELSE 'yes' END,
    'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid, true) END,
    'generated', CASE a.attgenerated
      WHEN 's' THEN pg_get_expr(d.adbin, d.adrelid, true) || ' stored'
      WHEN 'v' THEN pg_get_expr(d.adbin, d.adrelid, true) || ' virtual'
    END,
    'identity', CASE WHEN a.attidentity <> '' THEN concat_ws(', ',
      CASE a.attidentity WHEN 'a' THEN 'always' ELSE 'by default' END, nullif(o.options, ''))
    END,
    'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
    'comment', col_description(c.oid, a.attnum)
  )
FROM relation c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN identity_sequence i ON i.relation = c.oid AND i.attribute = a.attnum
LEFT JOIN sequence_options o ON o.sequence = i.sequence
WHERE c.relkind IN ('r', 'p', 'f')

UNION ALL
SELECT CASE k.contype
    WHEN 'p' THEN 'primary key'
    WHEN 'u' THEN 'unique constraint'
    WHEN 'f' THEN 'foreign key'
    WHEN 'x' THEN 'exclusion constraint'
    ELSE 'check'
  END, c.relname::text, k.conname::text, jsonb_build_object(
    'definition', pg_get_constraintdef(k.oid, true),
    'index', CASE WHEN k.contype IN ('p', 'u', 'x') AND NOT i.indisvalid THEN 'invalid' END,
    'triggers', CASE WHEN EXISTS (
      SELECT FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgisinternal AND t.tgenabled = 'D'
    ) THEN 'disabled' END,
    'comment', obj_description(k.oid, 'pg_constraint')
  )
FROM relation c
JOIN pg_constraint k ON k.conrelid = c.oid
LEFT JOIN pg_index i ON i.indexrelid = k.conindid
WHERE k.contype IN ('p', 'u', 'f', 'x', 'c') AND k.conparentid = 0

UNION ALL
SELECT 'index', c.relname::text, x.relname::text, jsonb_build_object(
    'definition', replace(pg_get_indexdef(i.indexrelid, 0, true), ' ON ONLY ', ' ON '),
    'valid', CASE WHEN i.indisvalid AND i.indisready AND i.indislive THEN 'yes' ELSE 'no' END,
    'comment', obj_description(x.oid, 'pg_class')
  )
FROM relation c
JOIN pg_index i ON i.indrelid = c.oid
JOIN pg_class x ON x.oid = i.indexrelid
WHERE NOT EXISTS (
  SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
)

UNION ALL
SELECT 'trigger', c.relname::text, t.tgname::text, jsonb_build_object(
    'definition', pg_get_triggerdef(t.oid, true),
    'enabled', CASE t.tgenabled WHEN 'O' THEN 'yes' WHEN 'D' THEN 'no' WHEN 'R' THEN 'replica' ELSE 'always' END,
    'comment', obj_description(t.oid, 'pg_trigger')
  )
FROM relation c
JOIN pg_trigger t ON t.tgrelid = c.oid
WHERE NOT t.tgisinternal

UNION ALL
SELECT 'rule', c.relname::text, r.rulename::text, jsonb_build_object(
    'definition', pg_get_ruledef(r.oid, true),
    'enabled', CASE r.ev_enabled WHEN 'D' THEN 'no' ELSE 'yes' END
  )
FROM relation c
JOIN pg_rewrite r ON r.ev_class = c.oid
WHERE r.rulename <> '_RETURN'

UNION ALL
SELECT 'policy', c.relname::text, p.polname::text, jsonb_build_object(
    'definition', concat_ws(' ',
      CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
      'FOR', CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
        WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
      'TO', (SELECT string_agg(CASE WHEN role = 0 THEN 'public' ELSE role::regrole::text END, ', ')
        FROM unnest(p.polroles) role),
      'USING (' || pg_get_expr(p.polqual, p.polrelid, true) || ')',
      'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid, true) || ')')
  )
FROM relation c
JOIN pg_policy p ON p.polrelid = c.oid

UNION ALL
SELECT CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END, NULL, c.relname::text, jsonb_build_object(
    'definition', pg_get_viewdef(c.oid, true),
    'options', array_to_string(c.reloptions, ', '),
    'comment', obj_description(c.oid, 'pg_class')
  )
FROM relation c
WHERE c.relkind IN ('v', 'm')

UNION ALL
SELECT 'sequence', NULL, c.relname::text, jsonb_build_object(
    'type', format_type(s.seqtypid, NULL),
    'options', nullif(o.options, ''),
    'owned by', (
      SELECT d.refobjid::regclass || '.' || a.attname
      FROM pg_depend d
      JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a'
    ),
    'comment', obj_description(c.oid, 'pg_class')
  )
FROM relation c
JOIN pg_sequence s ON s.seqrelid = c.oid
JOIN sequence_options o ON o.sequence = c.oid
WHERE c.relkind = 'S' AND c.oid NOT IN (SELECT sequence FROM identity_sequence)

UNION ALL
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END, NULL,
  format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), jsonb_build_object(
    'arguments', pg_get_function_arguments(p.oid),
    'returns', pg_get_function_result(p.oid),
    'language', l.lanname,
    'body', coalesce(pg_get_function_sqlbody(p.oid), p.prosrc),
    'volatility', CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
    'parallel', CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END,
    'options', nullif(concat_ws(', ',
      CASE WHEN p.proisstrict THEN 'strict' END,
      CASE WHEN p.prosecdef THEN 'security definer' END,
      CASE WHEN p.proleakproof THEN 'leakproof' END,
      'set ' || array_to_string(p.proconfig, ', set ')), ''),
    'comment', obj_description(p.oid, 'pg_proc')
  )
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = current_schema()
JOIN pg_language l ON l.oid = p.prolang
WHERE (p.tableoid, p.oid) NOT IN (SELECT classid, objid FROM owned)

UNION ALL
SELECT CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range type' ELSE 'type' END,
  NULL, t.typname::text, jsonb_build_object(
    'definition', CASE t.typtype
      WHEN 'e' THEN (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
        FROM pg_enum e WHERE e.enumtypid = t.oid)
      WHEN 'd' THEN concat_ws(' ',
        format_type(t.typbasetype, t.typtypmod),
        -- Not typdefault, which is the text of the session that created the domain.
        'DEFAULT ' || pg_get_expr(t.typdefaultbin, 0, true),
        CASE WHEN t.typnotnull THEN 'NOT NULL' END,
        (SELECT string_agg(pg_get_constraintdef(k.oid, true), ' ' ORDER BY k.conname)
          FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'))
      WHEN 'r' THEN (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid)
      ELSE (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
    END,
    'comment', obj_description(t.oid, 'pg_type')
  )
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace AND n.nspname = current_schema()
LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND c.relkind = 'c'))
  AND (t.tableoid, t.oid) NOT IN (SELECT classid, objid FROM owned)

UNION ALL
SELECT 'statistics', c.relname::text, s.stxname::text, jsonb_build_object(
    'definition', regexp_replace(pg_get_statisticsobjdef(s.oid), '^CREATE STATISTICS \\S+', 'CREATE STATISTICS')
  )
FROM relation c
JOIN pg_statistic_ext s ON s.stxrelid = c.oid

UNION ALL
SELECT 'extension', NULL, e.extname::text, '{}'::jsonb
FROM pg_extension e
WHERE e.extname <> 'plpgsql'
`;
