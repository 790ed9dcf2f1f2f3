"""Greatest singular values and eigenvalues of many matrices at once, from products alone."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Product = Callable[[Tensor], Tensor]
"""``(R, K, N)`` to ``(R, K, N)``: K products with each of R matrices."""

GROWTH = 1.25
"""How much the space grows from one look at what has converged to the next."""


def greatest_singular_values(push: Product, pull: Product, like: Tensor, k: int) -> Tensor:
    r"""Return the k greatest singular values of R matrices, ``(R, k)``, greatest first.

    A block Krylov method (Golub & Kahan 1965; Musco & Musco 2015, arXiv:1504.05477): the matrices
    are looked at on the space of a random block and its images under JᵀJ, all R at once. The block
    is wider than k, so values that coincide are found as often as they are there. It ends when
    every residual :math:`\|J^T u - \sigma v\|` is below a tolerance times the greatest value: the
    error of a value is then below that, and as its square where the value stands apart. A space of
    N dimensions is exact.

    Args:
        push: J v.
        pull: Jᵀ u.
        like: ``(R, N)``, of the dtype and on the device of the vectors.
        k: How many, at most N.
    """
    R, N = like.shape
    block = min(k + 2, N)
    basis = like.new_zeros(R, 0, N)
    images, look = basis, min(3 * block, N)
    new = _orthonormal(_random(like, block), basis)
    while True:
        image = push(new)
        basis, images = torch.cat([basis, new], 1), torch.cat([images, image], 1)
        if basis.shape[1] >= look:
            if basis.shape[1] >= N or _settled(pull, basis, images, k):
                found: Tensor = torch.linalg.svdvals(images)[:, :k]
                return found
            look = min(N, int(look * GROWTH) + 1)
        new = _orthonormal(pull(image)[:, : N - basis.shape[1]], basis)


def _settled(pull: Product, basis: Tensor, images: Tensor, k: int) -> bool:
    """Return whether the k greatest singular values of J on a space are those of J.

    Args:
        pull: Jᵀ u.
        basis: v, orthonormal rows ``(R, m, N)``.
        images: J v, ``(R, m, N)``.
        k: How many values.
    """
    # The roots of eigenvalues are good to half of the digits, which suffices to decide, at a small
    # part of what singular vectors of the images cost.
    wide = images.double()
    squares, combined = torch.linalg.eigh(wide @ wide.mT)
    squares, combined = (
        squares.flip(-1)[:, :k],
        combined.mT.flip(1)[:, :k].to(basis),
    )  # greatest first
    values = squares.clamp(min=0).sqrt().to(basis)
    unscaled = pull(combined @ images) - values[..., None].square() * (combined @ basis)
    bound = _tolerance(basis) * values[:, :1]
    residual = torch.linalg.vector_norm(unscaled, dim=-1)
    return bool((residual <= bound * torch.maximum(values, bound)).all())


def greatest_eigenvalue(push: Product, like: Tensor) -> Tensor:
    r"""Return the absolute value of the eigenvalue of R matrices that is greatest in it, ``(R,)``.

    Arnoldi's method (1951) without a restart, all R at once: it ends when the residual
    :math:`\|J y - \theta y\|` of every greatest Ritz value is below a tolerance times the greatest
    value, or when the space has N dimensions and is exact. How far an eigenvalue of a matrix that
    is far from normal is from a value with a small residual, no method can say.

    Args:
        push: J v.
        like: ``(R, N)``, of the dtype and on the device of the vectors.
    """
    R, N = like.shape
    basis = _orthonormal(_random(like, 1), like.new_zeros(R, 0, N))
    columns: list[Tensor] = []
    look = min(8, N)
    while True:
        w = push(basis[:, -1:])
        column = w @ basis.mT  # (R, 1, m)
        w = w - column @ basis
        new = _orthonormal(w, basis)
        beta = (w * new).sum(-1)  # (R, 1); of either sign, as the factorisation has it
        columns.append(torch.cat([column[:, 0], beta], 1))
        if len(columns) >= look:
            values, vectors = torch.linalg.eig(_hessenberg(columns))
            size: Tensor
            size, place = values.abs().max(1)
            vector = vectors.take_along_dim(place[:, None, None], 2)[..., 0]
            last = vector[:, -1].abs() / torch.linalg.vector_norm(vector, dim=1)
            if len(columns) == N or bool(
                (beta[:, 0].abs() * last <= _tolerance(like) * size).all()
            ):
                return size
            look = min(N, int(look * GROWTH) + 1)
        basis = torch.cat([basis, new], 1)


def _hessenberg(columns: list[Tensor]) -> Tensor:
    R, m = columns[0].shape[0], len(columns)
    projected = columns[0].new_zeros(R, m, m)
    for place, column in enumerate(columns):
        rows = min(place + 2, m)
        projected[:, :rows, place] = column[:, :rows]
    return projected


def _orthonormal(new: Tensor, basis: Tensor) -> Tensor:
    """Return a block ``(R, K, N)`` made orthonormal to a basis ``(R, m, N)`` and in itself.

    Where the space is closed under the matrix nothing is left of a vector, and a random direction
    takes its place: what the space has not met may still hide there.
    """
    scale = torch.linalg.vector_norm(new, dim=-1, keepdim=True)
    eps = torch.finfo(new.dtype).eps
    unit = new / scale.clamp(min=torch.finfo(new.dtype).tiny)
    new = unit + eps * _random(new[:, 0], new.shape[1])
    for _ in range(3):
        new = new - (new @ basis.mT) @ basis
        new = torch.linalg.qr(new.mT).Q.mT
    return new


def _random(like: Tensor, vectors: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)  # the global one is not ours to advance
    R, N = like.shape
    drawn = torch.randn(R, vectors, N, generator=generator, dtype=torch.float64)
    return drawn.to(like)


def _tolerance(like: Tensor) -> float:
    return max(1e-6, 64 * torch.finfo(like.dtype).eps)
