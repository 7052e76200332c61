"""The commands of `eco-collect`, one file each; to add one, write its file and list it here."""

COMMANDS: dict[str, tuple[str, str]] = {
    "doctor": (
        "collectors.commands.doctor:doctor",
        "Say what can be measured here, and the fix.",
    ),
    "run": ("collectors.commands.run:run", "Record any command."),
    "suite": ("collectors.commands.suite:suite", "Run and record a suite of inference configurations."),
    "calibrate": ("collectors.commands.calibrate:calibrate", "Characterise this machine's sensors."),
}
