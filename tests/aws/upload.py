"""Puts a programme's folders where the functions look for them: `inbox/`, `programs/` and `keys/` of the bucket."""

import pathlib


def upload(s3, bucket, program, inbox=None, programs=None, keys=None):
    """The files under `inbox` and `programs` keep their paths; `keys` is one file. Gives the keys of the objects.

    What the functions read comes first: an upload to `inbox/` has its notification at once.
    """
    put = []
    if programs:
        put += _folder(s3, bucket, f"programs/{program}", pathlib.Path(programs))
    if keys:
        put.append(_file(s3, bucket, f"keys/{program}.toml", pathlib.Path(keys)))
    if inbox:
        put += _folder(s3, bucket, f"inbox/{program}", pathlib.Path(inbox))
    return put


def _folder(s3, bucket, prefix, folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [_file(s3, bucket, f"{prefix}/{path.relative_to(folder).as_posix()}", path) for path in files]


def _file(s3, bucket, key, path):
    s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    return key
