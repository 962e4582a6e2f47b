"""Python's garbage collector, in processes that live long and make few circles of objects."""

import gc


def spare_collector() -> None:
    """Keeps it from looking through schema, plans and rows again and again; call it when all is set up.

    A long page, and a chunk of a bulk change, makes many objects and no circles of them: a quarter of their CPU went
    into looking for one.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
