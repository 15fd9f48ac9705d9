using Gantry.Clusters.Model;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Tests.Regions;

/// <summary>
/// The words for a machine's state are the name of MAAS's status, and the newest event only where it adds something. All pairs but
/// the marked ones are in the recordings of MAAS 3.7.3.
/// </summary>
public sealed class MaasWordsTests
{
    [Theory]
    [InlineData(10, "Allocated", "Ready", "", "Allocated")]
    [InlineData(10, "Allocated", "Released", "", "Allocated")]
    [InlineData(10, "Allocated", "Aborted deployment", "", "Allocated")]
    [InlineData(9, "Deploying", "Deploying", "", "Deploying")]
    [InlineData(9, "Deploying", "Released", "", "Deploying")]
    [InlineData(9, "Deploying", "Aborted deployment", "", "Deploying")]
    [InlineData(8, "Broken", "Released", "", "Broken")]
    [InlineData(8, "Broken", "Releasing", "", "Broken")]
    [InlineData(8, "Broken", "Released", "fan noise", "Broken: fan noise")]
    [InlineData(6, "Deployed", "Deployed", "", "Deployed")]
    [InlineData(12, "Releasing", "Releasing", "Installation failed.", "Releasing")]
    [InlineData(4, "Ready", "Released", "lab broken", "Ready")]
    [InlineData(4, "Ready", "Exited rescue mode", "", "Ready")]
    [InlineData(14, "Disk erasing", "Exited rescue mode", "", "Disk erasing")]
    [InlineData(19, "Exiting rescue mode", "Entering rescue mode", "", "Exiting rescue mode")]
    [InlineData(15, "Failed disk erasing", "Aborted disk erasing", "", "Failed disk erasing")]
    [InlineData(2, "Failed commissioning", "Failed commissioning", "", "Failed commissioning")]
    [InlineData(
        11,
        "Failed deployment",
        "Marking node failed - Installation failed (refer to the log).",
        "Installation failed (refer to the log).",
        "Failed deployment: Installation failed (refer to the log)"
    )]
    [InlineData(
        10,
        "Allocated",
        "Failed to query node's BMC - No rack controllers can access the BMC of node m03",
        "",
        "Allocated: Failed to query node's BMC - No rack controllers can access the BMC of node m03"
    )]
    public void A_recorded_state_is_told_by_its_name_and_by_what_adds_to_it(
        int status,
        string name,
        string message,
        string error,
        string told
    ) => Assert.Equal(told, MaasWords.Describe(Machine(status, name, message, error)));

    [Theory]
    [InlineData(9, "Deploying", "Installing OS", "Deploying: Installing OS")]
    [InlineData(6, "Deployed", "Image Deployed - deployed ubuntu/noble/amd64/generic", "Deployed")]
    [InlineData(
        6,
        "Deployed",
        "Node post-installation failure - 'cloudinit' failed",
        "Deployed: Node post-installation failure - 'cloudinit' failed"
    )]
    [InlineData(
        13,
        "Releasing failed",
        "Failed to power off node - timeout",
        "Releasing failed: Failed to power off node - timeout"
    )]
    [InlineData(8, "Broken", "", "Broken")]
    [InlineData(99, "", "Ready", "status 99")]
    public void A_state_that_is_described_by_the_fact_sheet_is_told_alike(int status, string name, string message, string told) =>
        Assert.Equal(told, MaasWords.Describe(Machine(status, name, message, "")));

    private static RegionMachine Machine(int status, string name, string message, string error) =>
        new()
        {
            Id = new SystemId("abc123"),
            Hostname = "m01",
            Status = status,
            StatusName = name,
            StatusMessage = message,
            ErrorDescription = error,
        };
}
