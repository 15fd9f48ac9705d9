namespace Gantry.Clusters.Model;

/// <summary>A subnet in which MAAS gives a machine an address.</summary>
/// <param name="Name">The subnet's name in MAAS.</param>
/// <param name="Space">The space of the subnet; <c>null</c> when it is in none.</param>
/// <param name="InterfaceTags">MAAS's tags of the interface.</param>
public sealed record NetworkLink(Cidr Subnet, string Name, string? Space, ValueList<string> InterfaceTags);
