using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Engine.Ports;

/// <summary>
/// What Gantry writes on a machine in MAAS (workload annotations), for people and to find its machines again without a ledger.
/// MAAS removes it at the end of a release and shows it whoever owns the machine.
/// </summary>
/// <param name="Intent">The allocation that took the machine; no two allocations have the same.</param>
/// <param name="Installed">How the machine is installed; <c>null</c> before its node was Ready for the first time.</param>
/// <param name="Address">The address that MAAS keeps for the API server; <c>null</c> before it is chosen, or without one.</param>
public sealed record MachineMark(
    ClusterId Cluster,
    string Name,
    string Pool,
    string Intent,
    NodeInstallation? Installed = null,
    string? Address = null
)
{
    /// <summary>The annotation with the id of the machine's cluster, by which people find its machines in MAAS.</summary>
    public const string ClusterKey = "gantry-cluster-id";

    private const string NameKey = "gantry-cluster";
    private const string PoolKey = "gantry-pool";
    private const string IntentKey = "gantry-intent";
    private const string InstalledKey = "gantry-installed";
    private const string AddressKey = "gantry-address";
    private const string AbandonedKey = "gantry-abandoned";
    private const string CommentKey = "gantry cluster=";

    /// <summary>
    /// Annotations that take every mark off a machine, because MAAS removes what is set to nothing, and that tell that a person has it
    /// now: the comment of its allocation stays.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Abandoned { get; } =
        new Dictionary<string, string>
        {
            [NameKey] = "",
            [ClusterKey] = "",
            [PoolKey] = "",
            [IntentKey] = "",
            [InstalledKey] = "",
            [AddressKey] = "",
            [AbandonedKey] = "true",
        };

    public static bool IsAbandoned(IReadOnlyDictionary<string, string> annotations) => annotations.ContainsKey(AbandonedKey);

    /// <returns><c>null</c> for a machine without a whole mark.</returns>
    public static MachineMark? Read(IReadOnlyDictionary<string, string> annotations) =>
        annotations.GetValueOrDefault(ClusterKey) is { Length: > 0 } cluster
        && annotations.GetValueOrDefault(IntentKey) is { Length: > 0 } intent
            ? new MachineMark(
                new ClusterId(cluster),
                annotations.GetValueOrDefault(NameKey, ""),
                annotations.GetValueOrDefault(PoolKey, ""),
                intent,
                NodeInstallation.TryParse(annotations.GetValueOrDefault(InstalledKey)),
                annotations.GetValueOrDefault(AddressKey) is { Length: > 0 } address ? address : null
            )
            : null;

    /// <summary>The mark without the installation, for the comment of an allocation: it is there before any annotation.</summary>
    public string ToComment() =>
        $"{CommentKey}{Cluster} name={Name} pool={Pool} intent={Intent}{(Address is null ? "" : $" address={Address}")}";

    /// <returns><c>null</c> for a text without a whole mark.</returns>
    public static MachineMark? ReadComment(string text)
    {
        var at = text.IndexOf(CommentKey, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        var words = text[at..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Value("cluster=") is { Length: > 0 } cluster && Value("intent=") is { Length: > 0 } intent
            ? new MachineMark(
                new ClusterId(cluster),
                Value("name="),
                Value("pool="),
                intent,
                Address: Value("address=") is { Length: > 0 } address ? address : null
            )
            : null;

        string Value(string key) =>
            words.FirstOrDefault(word => word.StartsWith(key, StringComparison.Ordinal))?[key.Length..] ?? "";
    }

    public IReadOnlyDictionary<string, string> ToAnnotations() =>
        new Dictionary<string, string>
        {
            [NameKey] = Name,
            [ClusterKey] = Cluster.Value,
            [PoolKey] = Pool,
            [IntentKey] = Intent,
            [InstalledKey] = Installed?.ToString() ?? "",
            [AddressKey] = Address ?? "",
            [AbandonedKey] = "",
        };
}

/// <summary>Where and as whom an account acts. What one identity took, another one may neither see nor give back.</summary>
/// <param name="Endpoint">MAAS base URL.</param>
/// <param name="User">MAAS user of the account's key.</param>
public sealed record MaasIdentity(string Endpoint, string User);
