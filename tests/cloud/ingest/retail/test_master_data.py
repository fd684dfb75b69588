"""Master data of a program that runs on are read again after a while."""

from datetime import timedelta
from pathlib import Path

from cloud.ingest.retail.master_data import RELOAD_AFTER, MasterDataCache
from cloud.ingest.retail.rules import IngestRules
from tests.cloud.databases import new_engine
from tests.cloud.ingest.retail.price_messages import KNOWN, NOW, store_master_data


def test_master_data_are_held_for_a_while(tmp_path: Path) -> None:
    engine, now = new_engine(tmp_path), [NOW]
    cache = MasterDataCache(engine, IngestRules(), lambda: now[0])
    assert cache.get().stores == {}
    store_master_data(engine)
    assert cache.get().stores == {}
    now[0] += RELOAD_AFTER
    assert cache.get().stores == KNOWN.stores
    assert cache.get().products == KNOWN.products
    now[0] -= timedelta(days=1)
    assert cache.get().rates.find("EUR", NOW.date()) is not None
    engine.dispose()
