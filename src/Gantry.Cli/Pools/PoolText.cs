using Gantry.Cli.Terminal;

namespace Gantry.Cli.Pools;

/// <summary>A machine pool as one command-line value.</summary>
public sealed record PoolText(string Name, bool ControlPlane, PoolEdit Edit)
{
    public const string Form =
        "name=NAME,size=N[,control-plane][,cpu=N][,memory=64GiB][,disk=500GB][,zone=Z…][,resource-pool=P][,tag=T…][,not-tag=T…][,arch=A]"
        + "[,subnet=NETWORK]"
        + "[,label=K:V…][,taint=K:V:EFFECT…][,rolling=contract-first|,surge=N,unavailable=N][,repave-interval=10m][,drain-timeout=10m]"
        + "[,erase=quick]";

    /// <exception cref="CliException">A usage error that names the wrong part and its right form.</exception>
    public static PoolText Parse(string text)
    {
        string? name = null;
        var controlPlane = false;
        var edit = new PoolEdit();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? part : part[..equals];
            var value = equals < 0 ? "" : part[(equals + 1)..];
            switch (key)
            {
                case "name":
                    name = value;
                    break;
                case "control-plane" when equals < 0:
                    controlPlane = true;
                    break;
                default:
                    edit = With(edit, part, key, value);
                    break;
            }
        }

        return new PoolText(
            name ?? throw Wrong(text, "name=… is missing"),
            controlPlane,
            edit.Size is null ? throw Wrong(text, "size=… is missing") : edit
        );
    }

    private static PoolEdit With(PoolEdit edit, string part, string key, string value) =>
        key switch
        {
            "size" => edit with { Size = Read(Sizes.Count, part, value) },
            "cpu" => edit with { MinCpu = Read(Sizes.Count, part, value) },
            "memory" => edit with { MinMemoryMiB = Read(Sizes.Memory, part, value) },
            "disk" => edit with { MinDiskGB = Read(Sizes.Disk, part, value) },
            "zone" => edit with { Zones = [.. edit.Zones, value] },
            "resource-pool" => edit with { ResourcePool = value },
            "tag" => edit with { Tags = [.. edit.Tags, value] },
            "not-tag" => edit with { NotTags = [.. edit.NotTags, value] },
            "arch" => edit with { Architecture = value },
            "subnet" => edit with { Subnet = Read(PoolForms.Subnet, part, value) },
            "label" => edit with { Labels = [.. edit.Labels, Read(PoolForms.Label, part, value)] },
            "taint" => edit with { Taints = [.. edit.Taints, Read(PoolForms.Taint, part, value)] },
            "rolling" => edit with { Rolling = Read(PoolForms.Rolling, part, value) },
            "surge" => edit with
            {
                Rolling = RollingChoice.Of($"{Read(PoolForms.Amount, part, value)}", edit.Rolling?.MaxUnavailable ?? "0"),
            },
            "unavailable" => edit with
            {
                Rolling = RollingChoice.Of(edit.Rolling?.MaxSurge ?? "0", $"{Read(PoolForms.Amount, part, value)}"),
            },
            "repave-interval" => edit with { RepaveInterval = Read(Durations.Form, part, value) },
            "drain-timeout" => edit with { DrainTimeout = Read(Durations.Form, part, value) },
            "erase" => edit with { Erase = Read(PoolForms.Erase, part, value) },
            _ => throw Wrong(part, "not a pool field"),
        };

    private static T Read<T>(ValueForm<T> form, string part, string value) =>
        form.TryRead(value, out var read) ? read : throw Wrong(part, form.Problem(value));

    private static CliException Wrong(string part, string why) =>
        new(ExitCode.Usage, $"--pool: `{part}`: {why}\n  expected {Form}");
}
