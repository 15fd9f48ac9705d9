using System.Text.Json.Serialization;
using Gantry.Clusters.Model;

namespace Gantry.Protocol;

/// <summary>A request that only a gateway can answer. The console sends it with the desired state.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ValidateAccount), "validateAccount")]
[JsonDerivedType(typeof(ListProperties), "listProperties")]
[JsonDerivedType(typeof(IssueKubeconfig), "issueKubeconfig")]
[JsonDerivedType(typeof(PlanCluster), "planCluster")]
[JsonDerivedType(typeof(WhyNot), "whyNot")]
[JsonDerivedType(typeof(WhatIf), "whatIf")]
[JsonDerivedType(typeof(ListQuarantine), "listQuarantine")]
[JsonDerivedType(typeof(ClearQuarantine), "clearQuarantine")]
[JsonDerivedType(typeof(AddQuarantine), "addQuarantine")]
[JsonDerivedType(typeof(DismissResidue), "dismissResidue")]
[JsonDerivedType(typeof(AdoptCluster), "adoptCluster")]
[JsonDerivedType(typeof(AbandonMachine), "abandonMachine")]
public abstract record GatewayRequest(string Id)
{
    /// <summary>Requests that a gateway answers at the same time.</summary>
    public const int AtATime = 16;

    /// <summary>Those of one project among them: others find a place at once.</summary>
    public const int AtATimeOfOneOrigin = 8;

    /// <summary>
    /// Checks whether an endpoint answers and accepts the key, and whether the clusters of the account could go on with it. Answer:
    /// <see cref="AccountFacts"/>.
    /// </summary>
    public sealed record ValidateAccount(string Id, SealedAccount Account) : GatewayRequest(Id);

    /// <summary>
    /// Lists what clusters of an account can use: zones, subnets, images and more. Answer: <see cref="AccountProperties"/>.
    /// </summary>
    /// <param name="WithSizes">Whether the sizes of machines are listed too, which takes MAAS longer.</param>
    public sealed record ListProperties(string Id, AccountId Account, bool WithSizes = false) : GatewayRequest(Id);

    /// <summary>Issues a kubeconfig for a user of a cluster. Answer: <see cref="IssuedKubeconfig"/>.</summary>
    /// <param name="User">Name of the user; becomes the certificate's common name.</param>
    public sealed record IssueKubeconfig(string Id, ClusterId Cluster, string User, TimeSpan Validity) : GatewayRequest(Id);

    /// <summary>Plans a desired state without changing anything. Answer: <see cref="PlanDocument"/>.</summary>
    public sealed record PlanCluster(string Id, ClusterSpec Cluster) : GatewayRequest(Id);

    /// <summary>Lists which machines fail which constraint of a desired state. Answer: <see cref="WhyNotDocument"/>.</summary>
    public sealed record WhyNot(string Id, ClusterSpec Cluster) : GatewayRequest(Id);

    /// <summary>Checks whether there is room for more clusters like this one. Answer: <see cref="CapacityAnswer"/>.</summary>
    public sealed record WhatIf(string Id, ClusterSpec Cluster, int Count) : GatewayRequest(Id);

    /// <summary>Lists the quarantined machines of the gateway. Answer: a list of <see cref="QuarantineEntry"/>.</summary>
    public sealed record ListQuarantine(string Id) : GatewayRequest(Id);

    /// <summary>Removes a machine from quarantine on request of a person. Answer: <c>true</c>.</summary>
    /// <param name="Commission">Whether MAAS commissions the machine first; this needs the key of a MAAS administrator.</param>
    public sealed record ClearQuarantine(string Id, AccountId Account, SystemId Machine, bool Commission) : GatewayRequest(Id);

    /// <summary>
    /// Puts a machine into quarantine on request of a person. A cluster that has it keeps it. Answer: <see cref="QuarantineEntry"/>.
    /// </summary>
    /// <param name="Machine">System id or host name.</param>
    public sealed record AddQuarantine(string Id, AccountId Account, string Machine, string Reason) : GatewayRequest(Id);

    /// <summary>Records that a person has taken care of the residue of a cluster. Answer: <c>true</c>.</summary>
    public sealed record DismissResidue(string Id, ClusterId Cluster) : GatewayRequest(Id);

    /// <summary>
    /// A person wants the cluster to go on with machines that carry its mark and that the ledger does not know. Answer: their host
    /// names, a list of text.
    /// </summary>
    public sealed record AdoptCluster(string Id, ClusterId Cluster) : GatewayRequest(Id);

    /// <summary>
    /// A person lets go of a machine that has left the cluster and that MAAS does not release. Answer: <c>true</c>.
    /// </summary>
    public sealed record AbandonMachine(string Id, ClusterId Cluster, SystemId Machine) : GatewayRequest(Id);
}

/// <summary>The answer to a <see cref="GatewayRequest"/>: a result of the kind that the request names, or an error.</summary>
/// <param name="Result">The result as JSON. A kubeconfig is a secret.</param>
public sealed record GatewayAnswer(
    [property: JsonPropertyName("askId")] string RequestId,
    System.Text.Json.JsonElement? Result,
    GatewayError? Error
);

/// <param name="Code">CamelCase and stable: <c>CredentialsRejected</c>, <c>Unreachable</c>, <c>NotFound</c>, <c>Invalid</c>,
/// <c>NotReady</c>, <c>OtherMaasUser</c>.</param>
public sealed record GatewayError(string Code, string Message);

public sealed record AccountFacts(string MaasVersion, string User, bool IsAdmin)
{
    /// <summary>What a later patch of this MAAS mends, as a sentence; <c>null</c> when there is nothing to say.</summary>
    public string? Warning { get; init; }
}

public sealed record AccountProperties(
    IReadOnlyList<NamedId> Zones,
    IReadOnlyList<NamedId> ResourcePools,
    IReadOnlyList<NamedId> Domains,
    IReadOnlyList<SubnetChoice> Subnets,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Images
)
{
    /// <summary>The different sizes of machines, largest first; null when they were not asked for.</summary>
    public IReadOnlyList<MachineSize>? Sizes { get; init; }
}

/// <param name="DiskGB">The largest disk.</param>
public sealed record MachineSize(int Cpu, int MemoryMiB, int DiskGB);

public sealed record NamedId(string Id, string Name);

public sealed record SubnetChoice(string Id, string Name, string Cidr, string Vlan, string Fabric);

/// <param name="Yaml">The kubeconfig; it contains a private key.</param>
public sealed record IssuedKubeconfig(string Yaml, DateTimeOffset ExpiresAt)
{
    public override string ToString() => $"kubeconfig, expires {ExpiresAt:O}";
}
