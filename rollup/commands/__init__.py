"""One module a command of `optroll`, each with its click command as `command`; the table of them is in `rollup.cli`."""
