using System.Globalization;
using System.Text.Json.Nodes;

namespace Gantry.Cli.Clusters;

/// <summary>
/// A machine pool as one command-line value: <c>name=gpu,size=2,cpu=16,memory=64GiB,disk=500,zone=a,zone=b,tag=gpu</c>.
/// </summary>
public sealed record PoolOptions
{
    public const string Form =
        "name=NAME,size=N[,control-plane][,cpu=N][,memory=64GiB][,disk=GB][,zone=Z…][,resource-pool=P][,tag=T…][,not-tag=T…][,arch=A][,label=K:V…][,taint=K:V:EFFECT…]";

    public required string Name { get; init; }

    public required int Size { get; init; }

    public bool ControlPlane { get; init; }

    public int MinCpu { get; init; }

    public int MinMemoryMiB { get; init; }

    public int MinDiskGB { get; init; }

    public string? ResourcePool { get; init; }

    public string? Architecture { get; init; }

    public IReadOnlyList<string> Zones { get; init; } = [];

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyList<string> NotTags { get; init; } = [];

    public IReadOnlyList<string> Labels { get; init; } = [];

    public IReadOnlyList<string> Taints { get; init; } = [];

    /// <exception cref="CliException">Usage: names the part that is wrong and its right form.</exception>
    public static PoolOptions Parse(string text)
    {
        string? name = null;
        int? size = null;
        var pool = new PoolOptions { Name = "", Size = 0 };
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? part : part[..equals];
            var value = equals < 0 ? "" : part[(equals + 1)..];
            switch (key)
            {
                case "name": name = value; break;
                case "size": size = Number(part, value); break;
                case "control-plane" when equals < 0: pool = pool with { ControlPlane = true }; break;
                case "cpu": pool = pool with { MinCpu = Number(part, value) }; break;
                case "memory": pool = pool with { MinMemoryMiB = MemoryMiB(part, value) }; break;
                case "disk": pool = pool with { MinDiskGB = Number(part, value) }; break;
                case "zone": pool = pool with { Zones = [.. pool.Zones, value] }; break;
                case "resource-pool": pool = pool with { ResourcePool = value }; break;
                case "tag": pool = pool with { Tags = [.. pool.Tags, value] }; break;
                case "not-tag": pool = pool with { NotTags = [.. pool.NotTags, value] }; break;
                case "arch": pool = pool with { Architecture = value }; break;
                case "label": pool = pool with { Labels = [.. pool.Labels, Parts(part, value, 2)] }; break;
                case "taint": pool = pool with { Taints = [.. pool.Taints, Parts(part, value, 3)] }; break;
                default: throw Wrong(part, "it is none of the parts of a pool");
            }
        }

        return pool with
        {
            Name = name ?? throw Wrong(text, "name=… is missing"),
            Size = size ?? throw Wrong(text, "size=… is missing"),
        };
    }

    /// <summary>The pool as the public API takes it.</summary>
    public JsonObject ToWire() => new()
    {
        ["cloudConfig"] = CloudConfig(),
        ["poolConfig"] = new JsonObject
        {
            ["name"] = Name,
            ["size"] = Size,
            ["minSize"] = 0,
            ["maxSize"] = 0,
            ["isControlPlane"] = ControlPlane,
            ["useControlPlaneAsWorker"] = false,
            ["labels"] = new JsonArray(ControlPlane ? "control-plane" : "worker"),
            ["additionalLabels"] = LabelMap(),
            ["taints"] = TaintList(),
        },
    };

    private JsonObject CloudConfig()
    {
        var instanceType = new JsonObject { ["minCPU"] = MinCpu, ["minMemInMB"] = MinMemoryMiB };
        if (MinDiskGB > 0)
        {
            instanceType["minDiskSizeInGB"] = MinDiskGB;
        }

        var cloudConfig = new JsonObject
        {
            ["azs"] = List(Zones),
            ["instanceType"] = instanceType,
            ["resourcePool"] = ResourcePool ?? "",
            ["tags"] = List(Tags),
            ["useLxdVm"] = false,
        };
        if (NotTags.Count > 0)
        {
            cloudConfig["notTags"] = List(NotTags);
        }

        if (Architecture is not null)
        {
            cloudConfig["architecture"] = Architecture;
        }

        return cloudConfig;
    }

    private JsonObject LabelMap() => new(Labels.Select(label => label.Split(':', 2)).Select(parts =>
        KeyValuePair.Create(parts[0], (JsonNode?)JsonValue.Create(parts[1]))));

    private JsonArray TaintList() => [.. Taints.Select(taint => taint.Split(':', 3)).Select(parts =>
        (JsonNode)new JsonObject { ["key"] = parts[0], ["value"] = parts[1], ["effect"] = parts[2] })];

    private static JsonArray List(IEnumerable<string> values) => [.. values.Select(value => (JsonNode?)JsonValue.Create(value))];

    private static int Number(string part, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Wrong(part, "it needs a whole number");

    private static int MemoryMiB(string part, string value)
    {
        var digits = value.TakeWhile(char.IsAsciiDigit).Count();
        if (!int.TryParse(value[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw Wrong(part, "it needs a number with a unit, for example 64GiB");
        }

        return value[digits..] switch
        {
            "" or "MiB" or "Mi" => number,
            "GiB" or "Gi" or "G" => checked(number * 1024),
            _ => throw Wrong(part, "its unit is MiB (the default) or GiB"),
        };
    }

    private static string Parts(string part, string value, int count) =>
        value.Split(':').Length == count ? value : throw Wrong(part, $"it needs {count} parts with a colon between them");

    private static CliException Wrong(string part, string why) =>
        new(Cli.ExitCode.Usage, $"--pool: `{part}`: {why}; write {Form}");
}
