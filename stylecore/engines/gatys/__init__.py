"""The engine that optimises pixels (Gatys et al. 2016): objective, optimisers, frames."""
