using System.CommandLine;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Pools;

/// <summary>The options that describe or change one machine pool, shared by all commands that do so.</summary>
public sealed class PoolSettings
{
    private readonly Option<int?> _size = Sizes.Count.Optional("--size", "Number of machines");
    private readonly Option<LabelEdit[]> _labels = PoolForms.Label.Several(
        "--label",
        "Label of the pool's nodes, team=web; team- removes it; may be given several times"
    );
    private readonly Option<TaintEdit[]> _taints = PoolForms.Taint.Several(
        "--taint",
        "Taint of the pool's nodes, gpu=yes:NoSchedule; gpu- removes it; may be given several times"
    );
    private readonly Option<int?> _cpu = Sizes.Count.Optional("--cpu", "Minimum CPUs of a machine; 0 for any");
    private readonly Option<int?> _memory = Sizes.Memory.Optional("--memory", "Minimum memory of a machine, 64GiB; 0 for any");
    private readonly Option<int?> _disk = Sizes.Disk.Optional(
        "--disk",
        "Minimum size of the machine's largest disk, 500GB; 0 for any"
    );
    private readonly Option<string[]> _zones = new("--zone")
    {
        Description = "Zone to take machines from; replaces the earlier values",
    };
    private readonly Option<string?> _resourcePool = new("--resource-pool")
    {
        Description = "MAAS resource pool to take machines from",
    };
    private readonly Option<string[]> _tags = new("--tag")
    {
        Description = "MAAS tag that machines must carry; replaces the earlier values",
    };
    private readonly Option<string[]> _notTags = new("--not-tag")
    {
        Description = "MAAS tag that machines must not carry; replaces the earlier values",
    };
    private readonly Option<string?> _architecture = new("--arch") { Description = "Architecture in MAAS, amd64" };
    private readonly Option<NetworkSelector?> _subnet = PoolForms.Subnet.OptionalText(
        "--subnet",
        "Network in which machines have an address and nodes theirs: subnet's CIDR or name in MAAS, space:NAME or tag:NAME"
    );
    private readonly Option<RollingChoice?> _rolling = PoolForms.Rolling.OptionalText(
        "--rolling",
        "Rolling strategy: expand-first, contract-first, or surge=N,unavailable=M"
    );
    private readonly Option<TimeSpan?> _repaveInterval = Durations.Form.Optional(
        "--repave-interval",
        "Minimum time between replacements, 10m"
    );
    private readonly Option<TimeSpan?> _drainTimeout = Durations.Form.Optional(
        "--drain-timeout",
        "Time after which a leaving node is drained no longer, whatever is left on it, 10m; 0s has no limit"
    );
    private readonly Option<ErasePolicy?> _erase = PoolForms.Erase.Optional(
        "--erase",
        "Disk erase policy for released machines: none, quick, secure or full"
    );
    private readonly Option<bool?> _schedulable = new("--schedulable")
    {
        Description = "Whether control planes run ordinary workload",
        HelpName = "true|false",
    };
    private readonly Option<PoolField[]> _clear = PoolForms.Clear.Several(
        "--clear",
        "Clear: labels, taints, zones, resource-pool, tags, not-tags, arch, subnet or drain-timeout; may be given several times"
    );

    /// <param name="withSize">Whether the command has an option for the size.</param>
    public void AddTo(Command command, bool withSize = true)
    {
        if (withSize)
        {
            command.Add(_size);
        }

        foreach (
            var option in new Option[]
            {
                _cpu,
                _memory,
                _disk,
                _zones,
                _resourcePool,
                _tags,
                _notTags,
                _architecture,
                _subnet,
                _labels,
                _taints,
                _rolling,
                _repaveInterval,
                _drainTimeout,
                _erase,
                _schedulable,
                _clear,
            }
        )
        {
            command.Add(option);
        }
    }

    public PoolEdit Read(ParseResult command) =>
        new()
        {
            Size = command.GetValue(_size),
            Labels = command.GetValue(_labels) ?? [],
            Taints = command.GetValue(_taints) ?? [],
            MinCpu = command.GetValue(_cpu),
            MinMemoryMiB = command.GetValue(_memory),
            MinDiskGB = command.GetValue(_disk),
            Zones = command.GetValue(_zones) ?? [],
            ResourcePool = command.GetValue(_resourcePool),
            Tags = command.GetValue(_tags) ?? [],
            NotTags = command.GetValue(_notTags) ?? [],
            Architecture = command.GetValue(_architecture),
            Subnet = command.GetValue(_subnet),
            Rolling = command.GetValue(_rolling),
            RepaveInterval = command.GetValue(_repaveInterval),
            DrainTimeout = command.GetValue(_drainTimeout),
            Erase = command.GetValue(_erase),
            AlsoWorker = command.GetValue(_schedulable),
            Clear = command.GetValue(_clear) ?? [],
        };
}
