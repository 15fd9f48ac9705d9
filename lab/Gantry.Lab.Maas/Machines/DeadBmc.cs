namespace Gantry.Lab.Maas.Machines;

/// <summary>A BMC that does not answer, in the words of MAAS's driver.</summary>
internal static class DeadBmc
{
    /// <summary>The power state that MAAS shows of such a machine.</summary>
    public const string State = "error";

    public const string Text =
        "Could not contact node's BMC: Connection timed out while performing power action. "
        + "Check BMC configuration and connectivity and try again.";

    /// <summary>MAAS has a 500 with the driver's text for it.</summary>
    public static RegionFault Fault() => RegionFault.Text(500, Text);
}
