"""Jobs that really run: settings, schedules, runs and their tasks, and the processes behind them."""
