"""The browser viewer: what teams did, and do, in a folder of runs and studies.

    app.py      the application: the guard around every part's routes, and the pages
    place.py    what the parts share: the folder, and the runs and studies in it
    guard.py    who may ask, and for what: token, host, origin, headers, paths
    server.py   serves it on this machine alone
    runs.py events.py files.py …   the parts of the API, each with ``routes(place)``
    static/     the pages: plain JavaScript modules, no build step, nothing from outside

The server reads logs without checking their chains, so that a log of any length can be shown
while it grows; ``resume`` and ``log`` check them.
"""
