"""An event -> the files it speaks of; a file -> its group, its report folder and its checked bytes."""
