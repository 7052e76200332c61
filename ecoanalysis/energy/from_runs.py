"""The query that turns the phase energies of runs into measurements, one per boundary."""

from ecoanalysis.energy.phases import INFER_PHASES

_PHASES = ", ".join(f"'{name}'" for name in INFER_PHASES)

# Parts of the node: what is metered inside the box. A part whose parent is metered too is inside it already:
# only the outer one counts. DRAM lies beside its package in RAPL's tree of meters, not in it; DRAM that is
# only estimated from its size stays out: it would outweigh what is metered.
_PART = f"""
    SELECT phase_energy.*, device.kind, device.parent_id, device.sensor,
        coalesce(device_name.name, device.name) AS device_name
    FROM phase_energy JOIN device ON device.id = device_id
    LEFT JOIN device_name ON device_name.recorded = device.name
    WHERE chosen AND phase IN ({_PHASES}) AND coalesce(visible, true)
      AND phase_energy.boundary IN ('board', 'module', 'package', 'dram', 'platform', 'wall', 'node')
      AND (phase_energy.boundary <> 'dram' OR basis = 'measured')"""
_KEPT = """
    SELECT part.* FROM part LEFT JOIN part AS outside
      ON outside.device_id = part.parent_id AND outside.run_id = part.run_id AND outside.phase = part.phase
      AND outside.energy_j IS NOT NULL
      AND (outside.boundary IN ('board', 'module', 'package', 'dram') OR outside.boundary = part.boundary)
      AND part.boundary <> 'dram'
    WHERE outside.device_id IS NULL"""
# Gain errors of like sensors do not average out: they add; resolution bounds are independent.
_SUMS = """
    run_id, phase, min(duration_s) AS duration_s, max(items_count) AS items_count,
    CASE WHEN count(energy_j) = count(*) THEN sum(energy_j) END AS energy_j,
    sum(energy_j - low_j) FILTER (basis <> 'measured')
        AS guessed_low_j, sum(high_j - energy_j) FILTER (basis <> 'measured') AS guessed_high_j,
    sqrt(sum(resolution_bound_j ** 2) FILTER (basis = 'measured')
        + (sum(gain_bound_ratio * energy_j) FILTER (basis = 'measured')) ** 2) AS half_j,
    CASE WHEN count(net_energy_j) = count(*) THEN sum(net_energy_j) END AS net_j,
    CASE WHEN count(workload_energy_j) = count(*) THEN sum(workload_energy_j) END AS workload_j,
    CASE WHEN count(idle_power_w) = count(*) THEN sum(idle_power_w) END AS idle_power_w,
    string_agg(DISTINCT idle_source, ' + ' ORDER BY idle_source) AS idle_source,
    CASE WHEN bool_and(basis = 'measured') THEN 'measured' WHEN count(basis) > 0 THEN 'estimated' END AS basis,
    max(temperature_c) AS temperature_c,
    string_agg(DISTINCT sensor, ' + ' ORDER BY sensor) AS sensor,
    count(*) AS parts, count(energy_j) AS known_parts,
    count(method) AS metered_parts,
    arg_min(kind, CASE WHEN kind LIKE '%gpu' THEN 0 WHEN kind = 'accelerator' THEN 1 ELSE 2 END) AS device_kind"""
_GROUPED = f"""
    SELECT boundary, {_SUMS}, string_agg(DISTINCT method, ' + ' ORDER BY method) AS method,
        string_agg(DISTINCT device_name, ' + ' ORDER BY device_name) AS device, count(*)::INTEGER AS devices_count
    FROM kept GROUP BY run_id, phase, boundary
    UNION ALL BY NAME
    SELECT 'node' AS boundary, {_SUMS},
        string_agg(DISTINCT boundary || ' ' || method, ' + ' ORDER BY boundary || ' ' || method) AS method,
        string_agg(DISTINCT device_name, ' + ' ORDER BY device_name) FILTER (boundary <> 'dram') AS device,
        greatest(count(*) FILTER (boundary IN ('board', 'module')), 1)::INTEGER AS devices_count
    FROM kept WHERE boundary IN ('board', 'module', 'package', 'dram') AND method IS NOT NULL
    GROUP BY run_id, phase HAVING count(DISTINCT boundary) > 1"""
_RANGED = """
    SELECT grouped.*, greatest(energy_j - coalesce(half_j, 0) - coalesce(guessed_low_j, 0), 0) AS low_j,
        energy_j + coalesce(half_j, 0) + coalesce(guessed_high_j, 0) AS high_j,
        nullif(items_count, 0) AS items
    FROM grouped"""

RUNS_SQL = f"""
WITH part AS ({_PART}), kept AS ({_KEPT}), grouped AS ({_GROUPED}), ranged AS ({_RANGED}),
barred AS (SELECT run_id, min(code) AS code FROM note WHERE severity = 'error' AND run_id IS NOT NULL GROUP BY run_id)
SELECT (md5_number_lower(concat_ws('|', 'run', ranged.run_id, phase, boundary)) >> 1)::BIGINT AS id,
    ranged.run_id, recording.source_id, coalesce(source.dataset, 'recorded') AS dataset, run.config_id,
    device, device_kind, devices_count, boundary, basis, method, 'gross' AS idle_treatment, config.item_unit,
    items::DOUBLE AS items_count, phase, duration_s, energy_j, energy_j / items AS energy_per_item_j,
    low_j / items AS low_per_item_j, high_j / items AS high_per_item_j,
    net_j / items AS net_energy_per_item_j, workload_j / items AS workload_energy_per_item_j, run.scope,
    idle_power_w, idle_source, energy_j / duration_s AS mean_power_w,
    items / duration_s AS throughput_items_per_s,
    CASE WHEN config.item_unit <> 'token' THEN coalesce(config.batch_size, 1) * duration_s / items END AS latency_s,
    config.batch_size, quality_value, quality_metric, repeat, run.started_utc_ns, temperature_c, host,
    CASE WHEN status IN ('failed', 'truncated', 'running', 'skipped') THEN 'run ' || status
         WHEN metered_parts = 0 THEN 'no energy: no sensor and no utilisation'
         WHEN known_parts < parts THEN 'energy known for ' || known_parts || ' of ' || parts || ' devices'
         WHEN energy_j <= 0 THEN 'energy not positive'
         WHEN barred.code IS NOT NULL THEN 'note: ' || barred.code
         WHEN items IS NULL THEN 'no items counted' END AS excluded,
    sensor
FROM ranged JOIN run ON run.id = ranged.run_id JOIN config ON config.id = run.config_id
JOIN recording ON recording.id = run.recording_id LEFT JOIN source ON source.id = recording.source_id
LEFT JOIN barred ON barred.run_id = ranged.run_id
ORDER BY recording.started_utc_ns, run.start_t_ns, ranged.run_id, phase, boundary
"""
