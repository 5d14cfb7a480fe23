"""Moto's lists of the instances of its models."""

from __future__ import annotations

from typing import Any

from moto.core.common_models import BaseModel


def forget_instances() -> None:
    """Stop moto from listing the instances that it creates.

    It needs the lists to reset itself, which the stand-in does not do. They would keep every instance in memory, even
    objects of S3 that have been replaced or deleted.
    """
    BaseModel.__new__ = staticmethod(_new)  # type: ignore[assignment, method-assign]


def _new(model: type[BaseModel], *_: Any, **__: Any) -> BaseModel:
    return object.__new__(model)
