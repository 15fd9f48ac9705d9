namespace Gantry.Clusters.Model;

/// <summary>Gantry's own id of a cluster: what the console calls its uid.</summary>
public readonly record struct ClusterId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>MAAS's id of a machine: six lower-case letters and digits. It outlives clusters.</summary>
public readonly record struct SystemId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>Gantry's own id of a cloud account: the MAAS region and the key a cluster is built with.</summary>
public readonly record struct AccountId(string Value)
{
    public override string ToString() => Value;
}
