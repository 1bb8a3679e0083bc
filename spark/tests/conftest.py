"""One cluster for all tests: a start takes longer than the rest."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pyspark
import pytest
from corpus import Row, census, make
from pyspark.sql import SparkSession

from msncensus_spark import MsnCensusSource

JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@pytest.fixture(scope="session")
def program() -> str:
    """Give the path of the program under test."""
    path = os.environ.get("MSNCENSUS")
    assert path, "MSNCENSUS names the program that is to be tested"
    assert os.access(path, os.X_OK), path
    return path


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the directory of the captures."""
    root = tmp_path_factory.mktemp("captures")
    make(root)
    return root


@pytest.fixture(scope="session")
def single(program: str, root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    """Give what one run says of all captures."""
    return census(program, [str(root)], tmp_path_factory.mktemp("single") / "tables")


@pytest.fixture(scope="session")
def spark(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Start two executors with a Java machine each, as on two machines, and ship the program to them."""
    # Executors are started from here, and Python by the one that has the package.
    os.environ["SPARK_HOME"] = str(Path(pyspark.__file__).parent)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    work = tmp_path_factory.mktemp("spark")
    # It is found as it was shipped, or not at all.
    del os.environ["MSNCENSUS"]
    # Executors write beside where they are started.
    os.chdir(work)
    session = (
        SparkSession.builder.master("local-cluster[2,1,768]")
        .appName("msncensus-spark")
        .config("spark.executor.memory", "768m")
        # Nothing runs long enough for the second compiler to be worth its time.
        .config("spark.driver.extraJavaOptions", JAVA_OPTIONS)
        .config("spark.executor.extraJavaOptions", JAVA_OPTIONS)
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.local.dir", str(work))
        .config("spark.files", program)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    session.dataSource.register(MsnCensusSource)
    yield session
    session.stop()
