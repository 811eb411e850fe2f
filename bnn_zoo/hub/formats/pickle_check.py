"""A pickle is looked through before it is read: a short one could take all memory, an age, or the whole process."""

from __future__ import annotations

import pickle
import pickletools
from typing import Any, BinaryIO, NamedTuple

#: Entries that tuples may have which are named again. Of few bytes each doubles the one before, and as a key all are hashed.
_MOST_REPEATED = 2**20

#: Tuples in tuples: hashing goes as deep, and ends the process where the stack does.
_DEEPEST = 100

#: Steps of a pickle, of which a state dict takes a few dozen for each tensor: looking through as many takes a minute.
_MOST_STEPS = 2**21

#: Numbers of more bits may be chosen so that dictionaries take all of them for one key, and look through all at every next one.
_LONGEST_NUMBER = 64

#: Where a pickle of one value has it: behind the step that tells the protocol.
_FIRST_VALUE = 1


class _Value(NamedTuple):
    """What is known of a value: of a tuple the entries, with those of tuples in it, and how deep they go; zeros of others."""

    entries: int = 0
    depth: int = 0


def check_pickle(file: BinaryIO) -> None:
    """Refuses what no writer of state dicts writes, and Python's reader does not stand; the file is where it was afterwards.

    Raises:
        pickle.UnpicklingError: for tuples that unfold to many values, or lie very deep in each other, for very many steps or long
            numbers, and for numbers of remembered values that no writer gives: memory would be taken for all up to the number.
    """
    start = file.tell()
    stack: list[_Value] = []
    marks: list[int] = []
    memo: dict[int, _Value] = {}
    repeated = 0
    argument: Any
    for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if count > _MOST_STEPS:
            raise pickle.UnpicklingError("it has more steps than a state dict has")
        # The number by which old files are known is a pickle of its own.
        if isinstance(argument, int) and argument.bit_length() > _LONGEST_NUMBER and count > _FIRST_VALUE:
            raise pickle.UnpicklingError("it has a number of more than 64 bits")
        if opcode.name.endswith("PUT") or opcode.name == "MEMOIZE":
            number = len(memo) if opcode.name == "MEMOIZE" else argument
            if number > count:
                raise pickle.UnpicklingError(f"it numbers a value {number} that is one of {count} at most")
            memo[number] = stack[-1]
        elif opcode.name.endswith("GET") or opcode.name == "DUP":
            stack.append(stack[-1] if opcode.name == "DUP" else memo.get(argument, _Value()))
            repeated += stack[-1].entries
            if repeated > _MOST_REPEATED:
                raise pickle.UnpicklingError("its tuples unfold to more values than a state dict has")
        else:
            _apply(opcode, stack, marks)
    file.seek(start)


def _apply(opcode: pickletools.OpcodeInfo, stack: list[_Value], marks: list[int]) -> None:
    """Has an opcode take its operands from the stack, and leave its results there."""
    before = opcode.stack_before
    start = len(stack) - len(before)
    if pickletools.markobject in before:
        start = marks.pop() - before.index(pickletools.markobject)
    elif opcode.name == "POP" and marks and marks[-1] == len(stack):  # it takes the mark
        marks.pop()
        start = len(stack)
    operands = stack[start:]
    del stack[start:]
    for result in opcode.stack_after:
        if result is pickletools.markobject:
            marks.append(len(stack))
        elif opcode.name == "BUILD":  # the state of the first operand is set, which stays what it is
            stack.append(operands[0])
        elif opcode.name.startswith("TUPLE"):
            stack.append(_tuple_of(operands))
        else:
            stack.append(_Value())


def _tuple_of(operands: list[_Value]) -> _Value:
    depth = 1 + max((operand.depth for operand in operands), default=0)
    if depth > _DEEPEST:
        raise pickle.UnpicklingError("its tuples lie deeper in each other than those of a state dict")
    return _Value(len(operands) + sum(operand.entries for operand in operands), depth)
