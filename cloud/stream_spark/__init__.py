"""The same counting and the same windows on Spark, for fleets that one database cannot hold.

Optional: only `count`, `windows` and `folder` import pyspark, and nothing else imports them.
"""
