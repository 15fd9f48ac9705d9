namespace Gantry.Api;

/// <summary>Kinds of cloud that clusters are made on.</summary>
public static class CloudTypes
{
    public const string Maas = "maas";
}
