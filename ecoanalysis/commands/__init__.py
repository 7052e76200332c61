"""The commands of `eco`, one file each; to add one, write its file and list it here."""

COMMANDS: dict[str, tuple[str, str]] = {
    "report": ("ecoanalysis.commands.report:report", "Write the report: HTML, PDF, LaTeX."),
    "combine": ("ecoanalysis.commands.combine:combine", "Gather traces into one database."),
    "import": ("ecoanalysis.commands.import_:import_", "Read other tools' logs and published results."),
    "predict": ("ecoanalysis.commands.predict:predict", "Predict a configuration that nobody measured."),
    "study": ("ecoanalysis.commands.study:study", "Answer a question from the data, with statistics."),
    "compare": (
        "ecoanalysis.commands.compare:compare",
        "Compare two: better, worse, cannot tell.",
    ),
    "fit": ("ecoanalysis.commands.fit:fit", "Refit the energy models on your own data."),
    "validate": ("ecoanalysis.commands.validate:validate", "Test the energy models on held-out groups."),
    "check": ("ecoanalysis.commands.check:check", "Look for traps in the data."),
    "datasets": ("ecoanalysis.commands.datasets:datasets", "List and fetch public data sets."),
    "factors": ("ecoanalysis.commands.factors:factors", "Show the carbon, water and PUE factors."),
    "export": ("ecoanalysis.commands.export:export", "Write tables and standard formats."),
    "show": ("ecoanalysis.commands.show:show", "Show one run, or the latest, in the terminal."),
    "top": ("ecoanalysis.commands.top:top", "Rank configurations in the terminal."),
    "badge": ("ecoanalysis.commands.badge:badge", "Draw a label card for a model."),
}
