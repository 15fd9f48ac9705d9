namespace Gantry.Api;

/// <summary>Kinds of cloud that clusters run on.</summary>
public static class CloudTypes
{
    public const string Maas = "maas";
}
