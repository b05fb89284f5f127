"""A real Chromium, one for each size and module; without one the tests are skipped, or fail when TEST_ALL=1."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from selenium import webdriver

from tests.browser.fake_door import FakeDoor

SIZES = {"desktop": (1280, 800), "phone": (360, 740)}
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-prefers-reduced-motion",
)  # fmt: skip


def chromium(folder: os.PathLike[str], size: tuple[int, int]) -> webdriver.Chrome:
    paths = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    if not all(paths.values()):
        pytest.fail("no Chromium") if os.environ.get("TEST_ALL") == "1" else pytest.skip("no Chromium")
    options = webdriver.ChromeOptions()
    options.binary_location = paths["chromium"]
    for flag in (*FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(paths["chromedriver"]))
    # a window has a smallest width; what is asked for is the page's
    width, height = size
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    return driver


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "both_sizes: what the size of the screen may change runs on a desktop and on a phone"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "browser" in metafunc.fixturenames:
        sizes = list(SIZES) if metafunc.definition.get_closest_marker("both_sizes") else ["phone"]
        metafunc.parametrize("browser", sizes, indirect=True, scope="module")


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    driver = chromium(tmp_path_factory.mktemp("chromium"), SIZES[request.param])
    driver.size_name = request.param
    yield driver
    driver.quit()


@pytest.fixture
def door() -> Iterator[FakeDoor]:
    made = FakeDoor()
    yield made
    made.close()
