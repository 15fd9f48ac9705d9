using System.Text.Json.Serialization;
using Gantry.Clusters.Model;

namespace Gantry.Protocol;

/// <summary>A request that only the data centre can answer now. It travels down with the desired state.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ValidateAccount), "validateAccount")]
[JsonDerivedType(typeof(ListProperties), "listProperties")]
[JsonDerivedType(typeof(IssueKubeconfig), "issueKubeconfig")]
[JsonDerivedType(typeof(PlanCluster), "planCluster")]
[JsonDerivedType(typeof(WhyNot), "whyNot")]
[JsonDerivedType(typeof(WhatIf), "whatIf")]
[JsonDerivedType(typeof(ListQuarantine), "listQuarantine")]
[JsonDerivedType(typeof(ClearQuarantine), "clearQuarantine")]
[JsonDerivedType(typeof(DismissResidue), "dismissResidue")]
public abstract record GatewayRequest(string Id)
{
    /// <summary>Does this endpoint answer, and does it accept the key? Answer: <see cref="AccountFacts"/>.</summary>
    public sealed record ValidateAccount(string Id, SealedAccount Account) : GatewayRequest(Id);

    /// <summary>What can be chosen in this account? Answer: <see cref="AccountProperties"/>.</summary>
    public sealed record ListProperties(string Id, AccountId Account) : GatewayRequest(Id);

    /// <summary>Answer: <see cref="IssuedKubeconfig"/>.</summary>
    /// <param name="User">Name of the user; becomes the certificate's common name.</param>
    public sealed record IssueKubeconfig(string Id, ClusterId Cluster, string User, TimeSpan Validity) : GatewayRequest(Id);

    /// <summary>What would be done for this desired state, touching nothing? Answer: <see cref="PlanDocument"/>.</summary>
    public sealed record PlanCluster(string Id, ClusterSpec Cluster) : GatewayRequest(Id);

    /// <summary>Which machines fail which constraint of this desired state? Answer: <see cref="WhyNotDocument"/>.</summary>
    public sealed record WhyNot(string Id, ClusterSpec Cluster) : GatewayRequest(Id);

    /// <summary>Is there room for so many more clusters like this one? Answer: <see cref="CapacityAnswer"/>.</summary>
    public sealed record WhatIf(string Id, ClusterSpec Cluster, int Count) : GatewayRequest(Id);

    /// <summary>Answer: a list of <see cref="QuarantineEntry"/>, all of the gateway.</summary>
    public sealed record ListQuarantine(string Id) : GatewayRequest(Id);

    /// <summary>A person has looked after the machine. Answer: <c>true</c>.</summary>
    /// <param name="Commission">Have MAAS commission it first; the account needs MAAS's administrator rights for it.</param>
    public sealed record ClearQuarantine(string Id, AccountId Account, SystemId Machine, bool Commission) : GatewayRequest(Id);

    /// <summary>A person takes over what a forced deletion left. Answer: <c>true</c>.</summary>
    public sealed record DismissResidue(string Id, ClusterId Cluster) : GatewayRequest(Id);
}

/// <summary>The answer to an <see cref="GatewayRequest"/>: a result of the kind that the request names, or an error.</summary>
/// <param name="Result">JSON of the result; for a kubeconfig it is a secret and is handed through, never stored.</param>
public sealed record GatewayAnswer(
    [property: JsonPropertyName("askId")] string RequestId,
    System.Text.Json.JsonElement? Result,
    GatewayError? Error
);

/// <param name="Code">CamelCase and stable: <c>CredentialsRejected</c>, <c>Unreachable</c>, <c>NotFound</c>, <c>Invalid</c>,
/// <c>NotReady</c>.</param>
public sealed record GatewayError(string Code, string Message);

public sealed record AccountFacts(string MaasVersion, string User, bool IsAdmin);

public sealed record AccountProperties(
    IReadOnlyList<NamedId> Zones,
    IReadOnlyList<NamedId> ResourcePools,
    IReadOnlyList<NamedId> Domains,
    IReadOnlyList<SubnetChoice> Subnets,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Images
);

public sealed record NamedId(string Id, string Name);

public sealed record SubnetChoice(string Id, string Name, string Cidr, string Vlan, string Fabric);

/// <param name="Yaml">Holds a private key.</param>
public sealed record IssuedKubeconfig(string Yaml, DateTimeOffset ExpiresAt)
{
    public override string ToString() => $"kubeconfig, expires {ExpiresAt:O}";
}
