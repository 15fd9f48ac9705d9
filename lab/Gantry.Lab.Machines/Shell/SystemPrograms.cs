using System.Globalization;
using System.Net;
using Gantry.Lab.Maas;

namespace Gantry.Lab.Machines.Shell;

/// <summary>
/// Programs that act on the system rather than on files. Kubernetes programs exist only on an image with Kubernetes.
/// </summary>
internal static class SystemPrograms
{
    private static readonly string[] NoOperations =
    [
        "update-ca-certificates",
        "ufw",
        "timedatectl",
        "chronyc",
        "mount",
        "umount",
        "swapon",
        "logger",
        "netplan",
        "resolvectl",
        "iptables",
        "depmod",
    ];

    public static void Add(Dictionary<string, ShellProgram> programs, MachineState machine, TimeProvider time)
    {
        void Plain(string name, Func<ShellCall, int> run) => programs[name] = (call, _) => Task.FromResult(run(call));
        foreach (var name in NoOperations)
        {
            Plain(name, _ => 0);
        }

        programs["systemctl"] = (call, cancellationToken) => SystemControlAsync(call, machine, cancellationToken);
        Plain(
            "swapoff",
            call =>
            {
                machine.Swap &= call.Arguments is not (["-a"] or ["/swap.img"]);
                return 0;
            }
        );
        Plain("sysctl", call => Sysctl(call, machine));
        Plain(
            "hostname",
            call =>
                call.Arguments is [{ } name] && !name.StartsWith('-')
                    ? Rename(machine, name)
                    : call.Say(
                        call.Arguments is ["-f"] ? machine.Machine.Fqdn
                        : call.Arguments is ["-I"] ? string.Join(' ', machine.Machine.IpAddresses)
                        : machine.Hostname
                    )
        );
        Plain("ip", call => ShowAddresses(call, machine.Machine));
        Plain(
            "hostnamectl",
            call =>
                call.Arguments is ["set-hostname" or "hostname", { } name]
                    ? Rename(machine, name)
                    : call.Say($"Static hostname: {machine.Hostname}")
        );
        Plain(
            "uname",
            call =>
                call.Say(
                    call.Arguments is ["-r"] ? machine.Facts().KernelRelease
                    : call.Arguments is ["-m"] ? machine.Facts().Machine
                    : "Linux"
                )
        );
        Plain(
            "date",
            call =>
                call.Say(
                    call.Arguments is ["+%s", ..]
                        ? time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)
                        : time.GetUtcNow().ToString("ddd MMM d HH:mm:ss 'UTC' yyyy", CultureInfo.InvariantCulture)
                )
        );
        Plain(
            "modprobe",
            call =>
            {
                machine.Modules.UnionWith(ShellPrograms.Operands(call));
                return 0;
            }
        );
    }

    /// <summary>Adds the programs of the packages that are on the machine.</summary>
    public static void AddInstalled(Dictionary<string, ShellProgram> programs, MachineState machine)
    {
        void Plain(string name, Func<ShellCall, int> run) => programs[name] = (call, _) => Task.FromResult(run(call));
        if (machine.Packages.Has("kubelet"))
        {
            Plain(
                "kubelet",
                call =>
                    call.Arguments is ["--version"]
                        ? call.Say($"Kubernetes {machine.Kubernetes}")
                        : call.Fail("the kubelet is run by systemd here")
            );
        }

        if (machine.Packages.Has("cri-tools"))
        {
            Plain("crictl", _ => 0);
        }

        if (machine.Packages.Find("containerd") is { } version)
        {
            Plain("ctr", _ => 0);
            Plain(
                "containerd",
                call =>
                    call.Say(
                        call.Arguments is ["config", "default"]
                            ? $"version = {(version.StartsWith("1.", StringComparison.Ordinal) ? 2 : 3)}"
                            : $"containerd github.com/containerd/containerd {version}"
                    )
            );
        }

        if (machine.Packages.Has("runc"))
        {
            Plain("runc", call => call.Say("runc version 1.3.3"));
        }
    }

    private static async Task<int> SystemControlAsync(ShellCall call, MachineState machine, CancellationToken cancellationToken)
    {
        var units = new SystemdUnits(machine);
        if (SystemControl(call, machine) is not 0 and var refused)
        {
            return refused;
        }

        foreach (var unit in call.Arguments.Where(a => !a.StartsWith('-')).Skip(1).Select(FullName).Where(units.Has))
        {
            switch (call.Arguments.First(a => !a.StartsWith('-')))
            {
                case "enable":
                    units.Enable(unit);
                    break;
                case "disable":
                    units.Disable(unit);
                    break;
                case "start" or "restart" when await units.StartAsync(unit, call.Shell, cancellationToken) is not 0:
                    return call.Fail(
                        $"Job for {unit} failed because the control process exited with error code.\n"
                            + $"See \"systemctl status {unit}\" and \"journalctl -xeu {unit}\" for details."
                    );
            }
        }

        return 0;
    }

    // As "ip -o addr show to NETWORK scope global primary" prints them. The lab's machines have no others.
    private static int ShowAddresses(ShellCall call, InstalledMachine machine)
    {
        if (call.Arguments is not ["-o", "addr", "show", "to", var network, "scope", "global", "primary"])
        {
            return call.Fail("the lab knows `ip -o addr show to NETWORK scope global primary` alone", 255);
        }

        if (!IPNetwork.TryParse(network, out var asked))
        {
            return call.Fail($"any valid prefix is expected rather than \"{network}\".", 1);
        }

        var names = machine.Interfaces.Select(one => one.Interface).Distinct().ToList();
        foreach (var one in machine.Interfaces.Where(one => asked.Contains(IPAddress.Parse(one.Ip))))
        {
            call.Say(
                $"{names.IndexOf(one.Interface) + 2}: {one.Interface}    inet{(one.Ip.Contains(':', StringComparison.Ordinal) ? "6" : "")} "
                    + $"{one.Ip}/{one.Prefix} scope global {one.Interface}\\       valid_lft forever preferred_lft forever"
            );
        }

        return 0;
    }

    private static string FullName(string unit) => unit.Contains('.', StringComparison.Ordinal) ? unit : unit + ".service";

    private static int SystemControl(ShellCall call, MachineState machine)
    {
        var words = call.Arguments.Where(a => !a.StartsWith('-')).ToArray();
        if (words.Length == 0 || words[0] is "daemon-reload" or "daemon-reexec")
        {
            return 0;
        }

        foreach (
            var unit in words
                .Skip(1)
                .Select(unit => unit.EndsWith(".service", StringComparison.Ordinal) ? unit[..^".service".Length] : unit)
        )
        {
            var swap = unit.EndsWith(".swap", StringComparison.Ordinal) || unit == "swap.target";
            if (swap && words[0] == "mask")
            {
                machine.SwapMasked = true;
                machine.Files.Write("/etc/systemd/system/swap.target", "");
            }

            machine.Swap &= !(swap && (words[0] == "stop" || call.Arguments.Contains("--now")));
            var known =
                swap
                || unit switch
                {
                    "kubelet" or "containerd" => machine.Packages.Has(unit),
                    "systemd-timesyncd"
                    or "chrony"
                    or "chronyd"
                    or "ssh"
                    or "sshd"
                    or "systemd-resolved"
                    or "systemd-networkd"
                    or "apparmor"
                    or "ufw"
                    or "unattended-upgrades"
                    or "apt-daily.timer"
                    or "apt-daily-upgrade.timer"
                    or "systemd-modules-load"
                    or "procps"
                    or "systemd-sysctl" => true,
                    _ => new SystemdUnits(machine).Has(FullName(unit)),
                };
            if (!known && words[0] is not ("disable" or "mask" or "stop"))
            {
                return call.Fail($"Unit {unit}.service could not be found.", words[0] == "is-active" ? 3 : 5);
            }

            if (unit is "containerd" && (words[0] is "start" or "restart" || call.Arguments.Contains("--now")))
            {
                machine.StartContainerd();
            }
            else if (unit is "containerd" && words[0] is "stop")
            {
                machine.ContainerdRuns = null;
            }
        }

        return 0;
    }

    private static int Sysctl(ShellCall call, MachineState machine)
    {
        string[] paths = call.Arguments switch
        {
            ["-p"] => ["/etc/sysctl.conf"],
            ["-p", .. var named] => named,
            ["--system", ..] => [.. call.Files.Below("/etc/sysctl.d")],
            _ => [],
        };
        if (paths.Length is 0 && !call.Arguments.All(a => a.StartsWith('-') || a.Contains('=', StringComparison.Ordinal)))
        {
            return call.Fail($"cannot stat /proc/sys/{call.Arguments[^1].Replace('.', '/')}: No such file or directory", 255);
        }

        var text =
            paths.Length > 0
                ? string.Join('\n', paths.Select(path => call.Files.Find(path)?.Text ?? ""))
                : string.Join('\n', call.Arguments);
        return machine.ApplySysctl(text) is { } missing
            ? call.Fail($"cannot stat /proc/sys/{missing.Replace('.', '/')}: No such file or directory", 1)
            : 0;
    }

    private static int Rename(MachineState machine, string name)
    {
        machine.Hostname = name;
        machine.Files.Write("/etc/hostname", name + "\n");
        return 0;
    }
}
