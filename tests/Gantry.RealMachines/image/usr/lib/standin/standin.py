"""What the stand-ins share: the data centre that the test plays, kubeconfig files, static pods, and openssl."""

import base64
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import yaml

KUBERNETES = "/etc/kubernetes"
MANIFESTS = KUBERNETES + "/manifests"
PKI = KUBERNETES + "/pki"
ETCD = "/var/lib/etcd"
PODS = "standin-pod-"

with open("/etc/standin.json", encoding="utf-8") as file:
    SETTINGS = json.load(file)


class Refused(Exception):
    """The other side answered with an error."""

    def __init__(self, status, text):
        super().__init__(text or "status %d" % status)
        self.status = status


def call(method, url, body=None, headers=None, context=None, timeout=10):
    """Returns the answer's JSON. A timeout of None waits for ever."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json", **(headers or {})})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(request, timeout=timeout) as answer:
            text = answer.read().decode()
            return json.loads(text) if text.startswith(("{", "[")) else text
    except urllib.error.HTTPError as error:
        raise Refused(error.code, error.read().decode()) from error


def enter(program, phase):
    """Tells the test that a phase begins. The test answers at once, holds the answer back, or makes the phase fail."""
    body = {"machine": SETTINGS["machine"], "program": program, "phase": phase}
    answer = call("POST", SETTINGS["dataCentre"] + "/phase", body, timeout=None)
    return answer.get("fails")


class Api:
    """The API server behind a kubeconfig."""

    def __init__(self, kubeconfig, server=None):
        with open(kubeconfig, encoding="utf-8") as file:
            config = yaml.safe_load(file)
        cluster = config["clusters"][0]["cluster"]
        self.server = server or cluster["server"]
        self.context = trusting(base64.b64decode(cluster["certificate-authority-data"]).decode())
        self.headers = {}
        user = (config.get("users") or [{"user": {}}])[0]["user"] or {}
        if "token" in user:
            self.headers["Authorization"] = "Bearer " + user["token"]
        if "client-certificate-data" in user:
            with tempfile.NamedTemporaryFile() as pair:
                pair.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
                pair.flush()
                self.context.load_cert_chain(pair.name)

    def call(self, method, path, body=None):
        return call(method, self.server + path, body, self.headers, self.context)


def trusting(ca):
    context = ssl.create_default_context(cadata=ca)
    return context


def kubeconfig(server, ca, user):
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": {"server": server, "certificate-authority-data": encode(ca)}}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
        "current-context": "context",
    }


def encode(text):
    return base64.b64encode(text.encode()).decode()


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text, mode=0o600):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        file.write(text if isinstance(text, str) else yaml.safe_dump(text))
        file.flush()
        os.fsync(file.fileno())


def run(*command, stdin=None):
    return subprocess.run(command, input=stdin, check=True, capture_output=True, text=True).stdout


def default_interface():
    """The interface of the default route, as kubeadm and kube-vip take it; the only one where there is no route."""
    route = run("ip", "-4", "-oneline", "route", "show", "default").split()
    return route[route.index("dev") + 1] if "dev" in route else "host0"


def new_key():
    return run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")


def certificate_request(key, subject):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(key)
        file.flush()
        return run("openssl", "req", "-new", "-key", file.name, "-subj", subject)


def sign(request, ca, ca_key, names=()):
    with tempfile.TemporaryDirectory() as folder:
        write(folder + "/request", request)
        kinds = ["IP:" + name if re.fullmatch(r"[0-9.]+|.*:.*", name) else "DNS:" + name for name in names]
        extensions = "subjectAltName=" + ",".join(kinds) if kinds else "extendedKeyUsage=clientAuth"
        write(folder + "/extensions", extensions + "\n")
        return run(
            "openssl", "x509", "-req", "-in", folder + "/request", "-CA", ca, "-CAkey", ca_key, "-days", "365",
            "-set_serial", "0x" + os.urandom(8).hex(), "-extfile", folder + "/extensions",
        )


def static_pods(folder=MANIFESTS):
    """The pods of the manifests folder by name, as kubelet reads it: hidden files are left out."""
    pods = {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if not name.startswith("."):
            try:
                pod = yaml.safe_load(read(os.path.join(folder, name)))
                pods[pod["metadata"]["name"]] = (os.path.join(folder, name), pod)
            except (yaml.YAMLError, KeyError, TypeError, FileNotFoundError):
                print("cannot read the pod of %s" % name, file=sys.stderr)
    return pods


def running_pods():
    units = run("systemctl", "list-units", "--all", "--plain", "--no-legend", PODS + "*")
    return [line.split()[0][len(PODS):-len(".service")] for line in units.splitlines() if line.split()]


def stop_pod(name):
    subprocess.run(["systemctl", "stop", PODS + name + ".service"], check=False, capture_output=True)
    subprocess.run(["systemctl", "reset-failed", PODS + name + ".service"], check=False, capture_output=True)


def seconds(text):
    """A duration of Go, for example 4m0s."""
    return sum(float(number) * {"h": 3600, "m": 60, "s": 1, "ms": 0.001}[unit] for number, unit in re.findall(r"([0-9.]+)(ms|h|m|s)", text))
