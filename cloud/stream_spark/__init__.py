"""The same counting and the same windows on Spark, for fleets that one database cannot hold.

Optional: only `count`, `windows` and `table_store` import pyspark, and nothing else imports them.
"""
