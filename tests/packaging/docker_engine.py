"""A Docker engine of the tests' own, in a folder, without a network: started, used and stopped. It is Debian's; where
it cannot run, `why_not` says so."""
import os
import shutil
import signal
import subprocess

from support import run, wait_until


class DockerEngine:
    def __init__(self, folder):
        self.folder, self.why_not, self.process = folder, None, None
        for name in ("dockerd", "docker", "containerd", "runc", "busybox"):
            if shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
                self.why_not = name + " is not installed"
                return
        folder.mkdir()
        (folder / "daemon.json").write_text("{}")
        self.host = "unix://%s/docker.sock" % folder
        command = ["dockerd", "--config-file", folder / "daemon.json", "--host", self.host, "--data-root", folder / "data",
                   "--exec-root", folder / "exec", "--pidfile", folder / "dockerd.pid", "--iptables=false",
                   "--ip6tables=false", "--bridge=none", "--exec-opt", "native.cgroupdriver=cgroupfs"]
        with open(folder / "log", "w") as log:
            self.process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL,
                                            env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
        wait_until("dockerd", lambda: self.process.poll() is not None or self.docker("version", check=False).returncode == 0)
        if self.process.poll() is not None:
            self.why_not = "dockerd does not start: " + (folder / "log").read_text()[-400:]
            return
        self.import_busybox()
        tried = self.docker("run", "--rm", "--network", "none", "busybox", "true", check=False)
        if tried.returncode != 0:
            self.why_not = "containers do not start: " + tried.stdout[-400:]

    def docker(self, *arguments, check=True):
        return run("docker", "-H", self.host, *arguments, check=check)

    def import_tree(self, tree, image, changes=()):
        """An image of a folder, with its owners, and of a Dockerfile's instructions."""
        archive = self.folder / "image.tar"
        run("tar", "-C", tree, "--numeric-owner", "-cf", archive, ".")
        self.docker("import", *(word for change in changes for word in ("-c", change)), archive, image)
        archive.unlink()

    def import_busybox(self):
        tree = self.folder / "busybox"
        (tree / "bin").mkdir(parents=True)
        shutil.copy(shutil.which("busybox"), tree / "bin")
        for applet in ("sh", "true", "sleep", "seq", "date"):
            (tree / "bin" / applet).symlink_to("busybox")
        self.import_tree(tree, "busybox", ["ENV PATH=/bin"])
        self.docker("tag", "busybox", "busybox:1.36")

    def stop(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            for container in self.docker("ps", "-aq", check=False).stdout.split():
                self.docker("rm", "-fv", container, check=False)
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
        run("umount", self.folder / "exec/netns/default", check=False)
