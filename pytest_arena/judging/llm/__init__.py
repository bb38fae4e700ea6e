"""Judging by another model: what it is asked, how its reply is read, panels, and pairs.

`prompt` fills one of the texts in `prompts/`, with everything foreign fenced as data; `reply`
reads JSON strictly and looks up each quote in the material; `panel` asks one judge or several,
repairs an unusable reply once, and counts votes. A reply that cannot be used is an error, never a
verdict. Prompts have versions, since a changed prompt is another judge.
"""
