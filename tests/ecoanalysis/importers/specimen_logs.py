"""Logs of every format, twenty to sixty readings each: powers that wander, times that jitter, as meters write them."""

import random
from datetime import UTC, datetime, timedelta

_SEED = 12
_BEGUN = datetime(2026, 8, 17, 22, 35, 3, 250_000, tzinfo=UTC)
_UNIX_S = 1_786_999_503.25


def _watts(count: int, base: float, *, seed: int = _SEED) -> list[float]:
    """Return powers that wander about a level as a busy device's do [W]."""
    random_, level, found = random.Random(seed), base, []
    for _ in range(count):
        level += random_.uniform(-0.03, 0.03) * base
        found.append(round(level + random_.uniform(-0.01, 0.01) * base, 2))
    return found


def _at(second: float, form: str) -> str:
    """Return a time of the log as text; `%3` in the form is milliseconds."""
    when = _BEGUN + timedelta(seconds=second)
    return when.strftime(form.replace("%3", f"{when.microsecond // 1000:03d}"))


def _nvidia_smi() -> str:
    power = {gpu: _watts(20, 44.9, seed=gpu) for gpu in (0, 1)}
    return "timestamp, index, name, power.draw [W], utilization.gpu [%], memory.used [MiB]\n" + "".join(
        f"{_at(1.003 * place, '%Y/%m/%d %H:%M:%S.%3')}, {gpu}, NVIDIA L4, {power[gpu][place]:.2f} W, "
        f"{50 + place} %, 2163 MiB\n"
        for place in range(20)
        for gpu in (0, 1)
    )  # fmt: skip


def _screens() -> str:
    return "".join(
        f"{_at(1.003 * place, '%a %b %d %H:%M:%S %Y')}       \n+{'-' * 77}+\n"
        "| NVIDIA-SMI 550.54.15     Driver Version: 550.54.15     CUDA Version: 12.4     |\n"
        "|   0  NVIDIA L4                      Off |   00000000:AB:00.0 Off |             0 |\n"
        f"| N/A   {41 + place % 3}C    P0             {watts:.0f}W /   72W |    {1500 + place}MiB /  23034MiB |"
        f"     {60 + place}%      Default |\n+{'-' * 77}+\n"
        for place, watts in enumerate(_watts(20, 52.0))
    )


def _dmon(*, dated: bool) -> str:
    first, second = ("#Date       Time        ", "#YYYYMMDD   HH:MM:SS    ") if dated else ("# ", "# ")
    names, units = "gpu    pwr  gtemp     sm\n", "Idx      W      C      %\n"
    power = {gpu: _watts(20, 143, seed=gpu) for gpu in (0, 1)}
    return (
        first + names + second + units + "".join(
            (_at(place, " %Y%m%d   %H:%M:%S") if dated else "")
            + f"    {gpu}   {round(power[gpu][place]):4d}     {35 + place // 4}     {70 + place % 9}\n"
            for place in range(20)
            for gpu in (0, 1)
        )
    )  # fmt: skip


def _ptdaemon() -> str:
    """One line a second; volts, amperes and the power factor beside the watts, as the daemon writes them."""
    return "".join(
        f"Time,{_at(place, '%m-%d-%Y %H:%M:%S.%3')},Watts,{watts:f},Volts,229.930000,"
        f"Amps,{watts / 229.93 / 0.97:f},PF,0.970000,Mark,v1.0_run\n"
        for place, watts in enumerate(_watts(30, 412.0))
    )


def _powermetrics() -> str:
    return "".join(
        f"*** Sampled system activity ({_at(place, '%a %b %d %H:%M:%S %Y +0000')}) (10{place:02d}.90ms elapsed) ***\n\n"
        "**** Processor usage ****\n\nE-Cluster HW active frequency: 1248 MHz\n\n"
        f"CPU Power: {round(10 * watts)} mW\nGPU Power: 30 mW\nANE Power: 7 mW\n"
        f"Combined Power (CPU + GPU + ANE): {round(10 * watts) + 37} mW\n\n"
        for place, watts in enumerate(_watts(12, 150.0))
    )  # fmt: skip


def _turbostat() -> str:
    header = "Time_Of_Day_Seconds\tCore\tCPU\tAvg_MHz\tBusy%\tBzy_MHz\tPkgWatt\tCorWatt\tRAMWatt\n"
    return header + "".join(
        f"{_UNIX_S + 5.001 * place:.6f}\t{cpu}\t{cpu}\t1000\t50.00\t2000\t{watts:.2f}\t{0.7 * watts:.2f}\t5.00\n"
        for place, watts in enumerate(_watts(20, 40.0))
        for cpu in ("-", "0")
    )


def _uprof() -> str:
    power = {socket: _watts(20, 96.0, seed=socket) for socket in (0, 1)}
    return (
        "AMD uProf:,CPU Profiler\nVersion:,5.0.1479.0\nOutput:,timechart\n\nPROFILE RECORDS\n"
        "RecordId,Timestamp,socket0-package-power,socket1-package-power\n"
        + "".join(
            f"{place + 1},{_at(0.1 * place, '%-H:%-M:%-S:%3')},{power[0][place]},{power[1][place]}\n"
            for place in range(20)
        )
    )


def _amd_smi() -> str:
    power = {gpu: _watts(12, 412, seed=gpu) for gpu in (0, 1)}
    head = "timestamp,gpu,gfx_activity,umc_activity,vcn_activity,socket_power,gfx_0_clk,edge,hotspot,mem\n"
    return head + "\n".join(
        "".join(
            f"{int(_UNIX_S) + place},{gpu},{80 + place % 9},12,\"['N/A', 'N/A']\",{round(power[gpu][place])},"
            f"2100,N/A,{50 + place // 3},45\n"
            for gpu in (0, 1)
        )
        for place in range(12)
    )  # fmt: skip


def _alumet() -> str:
    head = "metric;timestamp;value;resource_kind;resource_id;consumer_kind;consumer_id;__late_attributes\n"
    joules = {"package": _watts(20, 61.0), "dram": _watts(20, 3.1, seed=2)}
    return head + "".join(
        f"rapl_consumed_energy_J;{_at(1.0002 * place, '%Y-%m-%dT%H:%M:%S.%3')}412289Z;{joules[domain][place]};{kind};0;"
        f"local_machine;;domain={domain}\n"
        for place in range(20)
        for domain, kind in (("package", "cpu_package"), ("dram", "dram"))
    )  # fmt: skip


def _hwinfo() -> str:
    head = 'Date,Time,"CPU Package Power [W]","IA Cores Power [W]","GPU Power [W]",Total CPU Usage [%],\n'
    rows = "".join(
        f"{_at(2.004 * place, '%-d.%-m.%Y,%H:%M:%S.%3')},{watts},{0.6 * watts:.3f},90.5,{20 + place},\n"
        for place, watts in enumerate(_watts(20, 45.0))
    )
    return head + rows + head + ",,CPU [#0]: Intel,CPU [#0]: Intel,GPU [#0],CPU,\n"


def _energibridge() -> str:
    """A package's counter with the milliseconds since the row before, in which a row's loss shows."""
    counter, clock, rows = 41_230.5, round(_UNIX_S * 1000), ""
    for place, watts in enumerate(_watts(20, 18.0)):
        step = 200 + place % 3
        counter, clock = counter + watts * step / 1e3, clock + step
        rows += f"{step},{clock},{20.0 + place % 7},{30.0 + place % 5},{counter:.6f},16000000000,8000000000\n"
    return "Delta,Time,CPU_USAGE_0,CPU_USAGE_1,PACKAGE_ENERGY (J),TOTAL_MEMORY,USED_MEMORY\n" + rows


def _timeline() -> str:
    """ML.ENERGY's results of one GPU: 20 s, of which the steady state is the middle, at 500 W nearly."""
    readings = ", ".join(
        f"[{_UNIX_S + 0.5 * place:.3f}, {watts}]" for place, watts in enumerate(_watts(41, 500.0))
    )
    begin, end = _UNIX_S + 5, _UNIX_S + 15
    return (
        f'{{"model_id": "Qwen/Qwen3-8B", "max_num_seqs": 32, "steady_state_energy": 5001.5, '
        f'"steady_state_duration": 10.0, "steady_state_energy_per_token": 0.5, "timeline": {{'
        f'"steady_state_start_time": {begin}, "steady_state_end_time": {end}, '
        f'"power": {{"device_instant": {{"0": [{readings}]}}}}}}}}\n'
    )  # fmt: skip


def _generic() -> str:
    return "time,package [W],dram [W]\n" + "".join(
        f"{_at(0.502 * place, '%Y-%m-%dT%H:%M:%S.%3Z')},{watts},{watts / 12:.3f}\n"
        for place, watts in enumerate(_watts(20, 61.0))
    )


def _tegrastats() -> str:
    return "".join(
        f"{_at(1.002 * place, '%m-%d-%Y %H:%M:%S')} RAM {2100 + place}/7620MB (lfb 4x4MB) CPU [9%@1510,3%@1510] "
        f"EMC_FREQ 2%@2133 GR3D_FREQ {30 + place}%@[305,0] cpu@48.5C gpu@{46 + place / 10:.1f}C "
        f"VDD_IN {watts * 1000:.0f}mW/{watts * 990:.0f}mW VDD_SOC 1200mW/1200mW\n"
        for place, watts in enumerate(_watts(20, 6.8))
    )


def _jtop() -> str:
    return "time,uptime,GPU,Temp GPU,Power VDD_CPU_GPU_CV,Power VDD_SOC,Power TOT,jetson_clocks\n" + "".join(
        f"{_at(1.004 * place, '%Y-%m-%d %H:%M:%S.%3')}000,5 days,{30 + place},51.5,{watts * 400:.0f},"
        f"1200,{watts * 1000:.0f},OFF\n"
        for place, watts in enumerate(_watts(20, 5.4))
    )


def _power_gadget() -> str:
    """Rows of a tenth of a second, and the summary behind them."""
    joules, rows = 0.0, ""
    for place, watts in enumerate(_watts(20, 17.5), start=1):
        joules += watts / 10
        rows += (
            f"22:35:{3 + place // 10:02d}:{100 * (place % 10):03d}, 459519657975{place:02d}, {place / 10:.3f}, "
            f"24.000, 2100, {watts:.3f}, {joules:.3f}, {joules * 0.7:.3f}, {joules / 9:.3f}\n"
        )
    return (
        "System Time,RDTSC,Elapsed Time (sec), CPU Utilization(%),CPU Frequency_0(MHz),Processor Power_0(Watt),"
        "Cumulative Processor Energy_0(Joules),Cumulative IA Energy_0(Joules),Cumulative DRAM Energy_0(Joules)\n"
        f"{rows}\nTotal Elapsed Time (sec) = 2.000000\n\nCumulative Processor Energy_0 (Joules) = {joules:.6f}\n"
        f"Average Processor Power_0 (Watt) = {joules / 2:.6f}\n"
    )


def _powerjoular() -> str:
    return "Date,CPU Utilization,Total Power,CPU Power,GPU Power\n" + "".join(
        f"{_at(1.003 * place, '%Y-%m-%d %H:%M:%S')},0.1{place % 10}52,{watts + 13.5:.5f},{watts:.5f},13.50000\n"
        for place, watts in enumerate(_watts(20, 3.6))
    )


def _perf_stat() -> str:
    """A command's energies, as text."""
    return (
        "# started on Mon Aug 17 22:35:03 2026\n\n Performance counter stats for 'python infer.py':\n\n"
        "            112.74 Joules power/energy-pkg/\n             18.18 Joules power/energy-ram/\n"
        "             63.59 Joules power/energy-cores/\n\n       5.001965465 seconds time elapsed\n\n"
    )


def _perf_intervals() -> str:
    return "#           time             counts unit events\n" + "".join(
        f"{1.0011 * place:15.9f} {watts:18.2f} Joules power/energy-pkg/\n"
        for place, watts in enumerate(_watts(20, 19.6), start=1)
    )


def _scaphandre() -> str:
    rows = []
    for place, watts in enumerate(_watts(20, 12.5)):
        when = _UNIX_S + 2.01 * place
        rows.append(
            f'{{"host":{{"consumption":{watts * 1e6:.0f}.0,"timestamp":{when:.3f}}},"consumers":[],"sockets":'
            f'[{{"id":0,"consumption":{watts * 1e6:.0f}.0,"domains":[{{"name":"dram","consumption":2000000.0,'
            f'"timestamp":{when:.3f}}}],"timestamp":{when:.3f}}}]}}'
        )
    return "[" + ",\n".join(rows) + "]\n"


def _wandb() -> str:
    return ",system.gpu.0.gpu,system.gpu.0.powerWatts,system.gpu.0.temp,_timestamp,_runtime\n" + "".join(
        f"{place},{40.0 + place},{watts},55.0,{_UNIX_S + 15.02 * place:.3f},{5 + 15.02 * place:.3f}\n"
        for place, watts in enumerate(_watts(20, 250.5))
    )


LOGS: dict[str, bytes] = {
    name: text.encode()
    for name, text in {
        "gpu.csv": _nvidia_smi(),
        "screens.log": _screens(),
        "dmon.txt": _dmon(dated=False),
        "dmon_times.txt": _dmon(dated=True),
        "spl.txt": _ptdaemon(),
        "power.txt": _powermetrics(),
        "turbo.txt": _turbostat(),
        "uprof.csv": _uprof(),
        "amd_smi.csv": _amd_smi(),
        "alumet.csv": _alumet(),
        "hwinfo.csv": _hwinfo(),
        "energibridge.csv": _energibridge(),
        "results.json": _timeline(),
        "tegrastats.log": _tegrastats(),
        "jtop.csv": _jtop(),
        "power_gadget.csv": _power_gadget(),
        "powerjoular.csv": _powerjoular(),
        "perf.txt": _perf_stat(),
        "perf_intervals.txt": _perf_intervals(),
        "scaphandre.json": _scaphandre(),
        "wandb.csv": _wandb(),
        "meter.csv": _generic(),
    }.items()
}
