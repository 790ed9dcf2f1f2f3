"""The hash that identifies what a dataset read or generated."""

from __future__ import annotations

import hashlib

from torch import Tensor


def content_sha256(*pieces: bytes | str | Tensor) -> str:
    """Return the SHA-256 of the pieces in their order, hexadecimal.

    Where one piece ends and the next begins counts, and so do the type and shape of a tensor.
    """
    digest = hashlib.sha256()
    for piece in pieces:
        if isinstance(piece, Tensor):
            data = piece.detach().cpu().contiguous().numpy().tobytes()
            head = f"{piece.dtype} {tuple(piece.shape)}"
        else:
            data = piece.encode() if isinstance(piece, str) else piece
            head = type(piece).__name__
        digest.update(f"{head} {len(data)}\n".encode())
        digest.update(data)
    return digest.hexdigest()
