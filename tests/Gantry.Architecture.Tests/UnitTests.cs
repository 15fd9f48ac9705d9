using System.ComponentModel;
using System.Diagnostics;

namespace Gantry.Architecture.Tests;

/// <summary>The systemd units of <c>deploy/systemd</c>.</summary>
public sealed class UnitTests
{
    public static TheoryData<string> Units =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(Repository.Root, "deploy", "systemd"), "*.service")
                .Select(file => Path.GetFileName(file)),
        ];

    [Theory]
    [MemberData(nameof(Units))]
    public async Task A_unit_exposes_no_more_than_2_0_of_10(string unit)
    {
        var start = new ProcessStartInfo("systemd-analyze")
        {
            ArgumentList =
            {
                "security",
                "--offline=true",
                "--threshold=20",
                "--no-pager",
                Path.Combine(Repository.Root, "deploy", "systemd", unit),
            },
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        Process analysis;
        try
        {
            analysis = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("systemd-analyze is not installed");
            return;
        }

        var table = await analysis.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await analysis.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(analysis.ExitCode == 0, table);
    }
}
