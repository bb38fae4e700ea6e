"""Judging by another model: what it is asked, how its reply is read, panels, and pairs.

`prompt` fills one of the texts in `prompts/`, with everything foreign fenced as data; `reply`
takes a judgement out of what came back, which `levels` and `items` read, each quote looked up in
the material; `panel` asks one judge or several, repairs an unusable reply once, and counts votes. A
reply is read for what it can only mean: one that could mean two things is an error, never a
verdict. Prompts have versions, since a changed prompt is another judge.
"""
