"""What several tests share: drawn clips and files, networks, processes and a terminal."""
