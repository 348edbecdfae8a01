"""Builds zitadel_grpc/api from ZITADEL's protobuf descriptors: `python -m scripts.protos --help`.

    __main__, build, report       the commands; they compare, build and replace
    sources, pin, workspace       get the descriptor image of a source; the pin comes from the npm package
    typescript                    adds the comments of the npm package to the pin's image
    generate                      runs everything below on an image
    relocate                      renames the files of the image after the modules of the stubs
    texts, docs                   collect texts (OpenAPI options, comments, the pin) and make docstrings
    grpc_stubs, packages          write `*_pb2_grpc.pyi` and the `__init__` of each package
    services, catalog, validation write the attributes of clients, facts about RPCs, and rules

Where does a docstring come from? `texts.py` finds the text, `docs.py` makes a docstring of it.
"""
