"""The query that turns imported results into measurements."""

# An energy per item as stated, else from the total, else from mean power: then it is derived.
_STATED = "coalesce(result.energy_per_item_j, result.energy_j / nullif(result.items_count, 0))"
_FROM_POWER = """mean_power_w * coalesce(1 / nullif(throughput_items_per_s, 0),
        result.duration_s / nullif(result.items_count, 0))"""

RESULTS_SQL = f"""
WITH stated AS (
    SELECT result.*, coalesce({_STATED}, {_FROM_POWER}) AS per_item_j,
        CASE WHEN {_STATED} IS NULL AND {_FROM_POWER} IS NOT NULL AND basis = 'measured' THEN 'derived'
            ELSE basis END AS known_basis
    FROM result),
barred AS ( -- by an error on the result, or on its device in its source
    SELECT result_id, min(code) AS code FROM (
        SELECT result_id, code FROM note WHERE severity = 'error' AND result_id IS NOT NULL
        UNION ALL
        SELECT result.id, code FROM note JOIN result USING (device_id, source_id)
        WHERE severity = 'error' AND result_id IS NULL AND run_id IS NULL)
    GROUP BY result_id)
SELECT (md5_number_lower(concat_ws('|', 'result', stated.id)) >> 1)::BIGINT AS id,
    stated.id AS result_id, stated.source_id, source.dataset, stated.config_id,
    coalesce(device_name.name, device.name) AS device, device.kind AS device_kind,
    CASE WHEN stated.boundary IN ('package', 'dram') THEN 1
         ELSE coalesce(TRY_CAST(json_extract(stated.extra, '$.devices_count') AS INTEGER),
                       config.accelerators_count, 1) END AS devices_count,
    stated.boundary, known_basis AS basis, stated.method, idle_treatment,
    coalesce(stated.item_unit, config.item_unit) AS item_unit, stated.items_count, 'infer' AS phase,
    stated.duration_s, coalesce(stated.energy_j, per_item_j * stated.items_count) AS energy_j,
    per_item_j AS energy_per_item_j,
    coalesce(low_per_item_j, per_item_j * (1 - coalesce(ratio, 0.5))) AS low_per_item_j,
    coalesce(high_per_item_j, per_item_j * (1 + coalesce(ratio, 0.5))) AS high_per_item_j,
    CASE WHEN idle_treatment LIKE 'net%' THEN per_item_j END AS net_energy_per_item_j, 'machine' AS scope,
    coalesce(mean_power_w, stated.energy_j / nullif(stated.duration_s, 0)) AS mean_power_w,
    coalesce(throughput_items_per_s, stated.items_count / nullif(stated.duration_s, 0)) AS throughput_items_per_s,
    latency_s, coalesce(batch_size_mean, config.batch_size) AS batch_size, quality_value, quality_metric,
    -- at the wall the whole system is metered: its label is its name
    started_utc_ns, pue_included, CASE WHEN stated.boundary = 'wall' THEN stated.label END AS host,
    CASE WHEN barred.code IS NOT NULL THEN 'note: ' || barred.code
         WHEN per_item_j IS NULL THEN 'no energy per item'
         WHEN NOT isfinite(per_item_j) OR per_item_j <= 0 THEN 'energy not positive' END AS excluded,
    stated.row_number, nullif(device.sensor, 'unknown') AS sensor
FROM stated JOIN config ON config.id = stated.config_id LEFT JOIN source ON source.id = stated.source_id
LEFT JOIN device ON device.id = stated.device_id LEFT JOIN device_name ON device_name.recorded = device.name
LEFT JOIN assumed_gain ON assumed_gain.boundary = stated.boundary AND assumed_gain.basis = known_basis
LEFT JOIN barred ON barred.result_id = stated.id
ORDER BY stated.source_id, stated.row_number, stated.id
"""
