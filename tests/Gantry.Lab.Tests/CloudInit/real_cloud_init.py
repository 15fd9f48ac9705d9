"""Reads user-data with the installed cloud-init and prints what its modules would write and run, as JSON.

Standard input: {"userData": base64, "instanceData": {...}}. Nothing is written outside a temporary folder.
"""
import base64
import json
import logging
import os
import sys
import tempfile

from cloudinit import handlers, helpers, user_data, util
from cloudinit.config import cc_runcmd, cc_write_files, cc_write_files_deferred
from cloudinit.handlers.cloud_config import CloudConfigPartHandler
from cloudinit.handlers.jinja_template import JinjaTemplatePartHandler
from cloudinit.handlers.shell_script import ShellScriptPartHandler

logging.disable(logging.CRITICAL)
request = json.load(sys.stdin)
root = tempfile.mkdtemp()
paths = helpers.Paths({"cloud_dir": root, "run_dir": root, "templates_dir": root})
paths.get_ipath_cur = lambda name=None: os.path.join(root, paths.lookups.get(name, name or ""))
paths.get_ipath = paths.get_ipath_cur
os.makedirs(paths.get_ipath_cur("scripts"), exist_ok=True)
with open(paths.get_runpath("instance_data_sensitive"), "w") as file:
    json.dump(request["instanceData"], file)

message = user_data.UserDataProcessor(paths).process(base64.b64decode(request["userData"]))
config_handler, script_handler = CloudConfigPartHandler(paths), ShellScriptPartHandler(paths)
known = handlers.__dict__
registry = helpers.ContentHandlers()
for handler in (config_handler, script_handler, JinjaTemplatePartHandler(paths, sub_handlers=[config_handler, script_handler])):
    registry.register(handler)
    handlers.call_begin(handler, None, "once-per-instance")
handlers.walk(message, handlers.walker_callback, {
    "handlers": registry, "handlerdir": root, "data": None, "frequency": "once-per-instance", "handlercount": 0, "excluded": []})
for handler in (config_handler, script_handler):
    handlers.call_end(handler, None, "once-per-instance")

with open(paths.get_ipath_cur("cloud_config")) as file:
    config = util.load_yaml(file.read(), default={}) or {}

written = []
scripts_folder = paths.get_ipath_cur("scripts")
scripts = {name: open(os.path.join(scripts_folder, name), newline="").read() for name in os.listdir(scripts_folder)}


def remember(path, content, omode="wb", mode=0o644, **_):
    data = content if isinstance(content, bytes) else content.encode()
    written.append({"path": path, "content": base64.b64encode(data).decode(), "mode": mode, "append": omode == "ab"})


def own(path, user, group):
    written[-1]["owner"] = [user, group]


class Cloud:
    class distro:
        default_owner = "root:root"

    def get_ipath(self, name):
        return "/var/lib/cloud/instance/" + name


util.write_file, util.chownbyname = remember, own
log = logging.getLogger()
for module, name in ((cc_write_files, "write-files"), (cc_runcmd, "runcmd"), (cc_write_files_deferred, "write-files-deferred")):
    try:
        module.handle(name, config, Cloud(), log, [])
    except Exception:  # a failing module is reported and the next one runs
        pass
    if module is cc_runcmd and written and written[-1]["path"].endswith("/scripts/runcmd"):
        scripts["runcmd"] = base64.b64decode(written.pop()["content"]).decode()

print(json.dumps({
    "files": written,
    "scripts": [[name, scripts[name]] for name in sorted(scripts)],
    "bootcmd": util.shellify(config["bootcmd"]) if "bootcmd" in config else None,
}))
