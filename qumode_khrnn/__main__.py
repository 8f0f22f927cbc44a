"""``python -m qumode_khrnn``: the command line."""

from qumode_khrnn.cli.main import main

main()
