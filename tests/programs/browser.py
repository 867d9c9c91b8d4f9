"""A headless Chromium that looks at a page, where there is one."""
import base64
import pathlib
import time

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    webdriver = None

import shutil

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


def missing():
    """What is not here; empty: a browser can be opened."""
    if webdriver is None:
        return "python3-selenium"
    return "" if CHROMIUM and DRIVER else "chromium" if DRIVER else "chromium-driver"


class Browser:
    def __init__(self):
        options = Options()
        options.binary_location = CHROMIUM
        for argument in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars",
                         "--force-device-scale-factor=1", "--window-size=1280,900"]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))

    def close(self):
        self.driver.quit()

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def open(self, page, width=1280, dark=False, media=""):
        """Opens the page and waits until it is drawn."""
        self.look(width, dark, media)
        self.driver.get(pathlib.Path(page).as_uri())
        for _ in range(100):
            if self.run("return document.documentElement.dataset.ready"):
                break
            time.sleep(0.05)
        self.settle()

    def look(self, width, dark, media=""):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "media": media, "features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})

    def settle(self):
        """Until what was asked for is painted."""
        self.driver.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60)));")

    def messages(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def ink(self):
        """Drawn pixels of each plot inside its axes."""
        return self.run("""return [...document.querySelectorAll('.canvas')].map(box => {
          const canvas = box.querySelector('canvas'), over = box.querySelector('.u-over');
          if (!canvas) return 0;
          const x = over.offsetLeft, y = over.offsetTop, w = over.offsetWidth, h = over.offsetHeight, r = canvas.width / canvas.clientWidth;
          const pixels = canvas.getContext('2d').getImageData(x * r, y * r, w * r, h * r).data;
          const grid = getComputedStyle(document.documentElement).getPropertyValue('--grid').trim();
          const [R, G, B] = [1, 3, 5].map(i => parseInt(grid.slice(i, i + 2), 16));
          let n = 0;
          for (let i = 0; i < pixels.length; i += 4)
            if (pixels[i + 3] > 200 && (pixels[i] - R) ** 2 + (pixels[i + 1] - G) ** 2 + (pixels[i + 2] - B) ** 2 > 400) ++n;
          return n;
        })""")

    def pictures(self):
        return self.run("return [...document.querySelectorAll('.canvas canvas')].map(c => c.toDataURL())")

    def drag(self, element, start, end):
        """Across an element, by shares of its width."""
        size = element.size
        at = lambda share: int(size["width"] * (share - 0.5))
        ActionChains(self.driver, duration=20).move_to_element_with_offset(element, at(start), 0).click_and_hold() \
            .move_to_element_with_offset(element, at((start + end) / 2), 0).move_to_element_with_offset(element, at(end), 0).release().perform()
        self.settle()

    def hover(self, element, share=0.5):
        ActionChains(self.driver, duration=20).move_to_element_with_offset(element, int(element.size["width"] * (share - 0.5)), 3).perform()
        self.settle()

    def double_click(self, element):
        ActionChains(self.driver, duration=20).double_click(element).perform()
        self.settle()

    def press(self, element, *keys):
        self.run("arguments[0].focus()", element)
        ActionChains(self.driver).send_keys(*[getattr(Keys, key, key) for key in keys]).perform()
        self.settle()

    def pdf(self):
        return base64.b64decode(self.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})["data"])
