"""Cells whose recurrence is affine, so that a scan runs them: minGRU, minLSTM, LRU."""

from rnnlab_mingru.lru import LRU
from rnnlab_mingru.min_gru import MinGRU
from rnnlab_mingru.min_lstm import MinLSTM

__all__ = ["LRU", "MinGRU", "MinLSTM"]
