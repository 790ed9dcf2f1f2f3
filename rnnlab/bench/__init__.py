"""Speed, measured: ``rnnlab bench``. Nothing here imports torch before something is measured."""
