"""Client-version exchanges of MSN Messenger in network captures, as a Spark table; and the census of them.

.. code-block:: python

    from pyspark.sql import SparkSession
    from msncensus_spark import MsnCensusSource, population

    spark = SparkSession.builder.getOrCreate()
    spark.dataSource.register(MsnCensusSource)
    population(spark.read.format("msncensus").load("/captures")).show()

========== =====================================================================================================
module     does
========== =====================================================================================================
source     what Spark asks for: a schema, tasks, and the rows of a task
options    what a user may ask for
program    where ``msncensus`` is on a machine, and what else was shipped
listing    which captures there are, as the program finds them
grouping   which captures must be read together, and how groups become tasks
schema     the columns of a table, as the program describes them
child      one run of the program: its rows as they come, its errors, its end
batches    rows as Arrow batches with Spark's types
census     population, upgrades and timeline in SQL
clients    the table of clients in SQL
texts      how the program sorts and compares captured texts, in SQL
========== =====================================================================================================

A capture is never looked at by Python or by the Java machine: a hostile one can end a child process, and nothing else.
"""

from .census import population, timeline, upgrades
from .clients import clients
from .source import MsnCensusSource

__all__ = ["MsnCensusSource", "clients", "population", "timeline", "upgrades"]
