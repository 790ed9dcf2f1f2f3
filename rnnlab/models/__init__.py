"""Networks that tasks build: embeddings, backbones, heads and decoders."""
