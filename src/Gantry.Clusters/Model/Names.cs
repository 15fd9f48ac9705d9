namespace Gantry.Clusters.Model;

/// <summary>Gantry's id of a cluster: the console's uid.</summary>
public readonly record struct ClusterId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>MAAS's id of a machine: six lower-case letters and digits. It stays the same across clusters.</summary>
public readonly record struct SystemId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>Gantry's id of a cloud account: a MAAS region and the key for its API.</summary>
public readonly record struct AccountId(string Value)
{
    public override string ToString() => Value;
}
