namespace Gantry.Cli.Tests.Terminal;

/// <summary>Refusals before any request is sent or any process is started.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("--port: 99999 is out of range; write 1 to 65535, or 0 for a free one", "up", "--port", "99999")]
    [InlineData("--port: 99999 is out of range; write 1 to 65535, or 0 for a free one", "console", "--port", "99999")]
    [InlineData("--port: -1 is out of range; write 1 to 65535, or 0 for a free one", "lab", "--port", "-1")]
    [InlineData("--port: `abc` is not a whole number", "up", "--port", "abc")]
    [InlineData("--lab-speed: `fast` is not a number; write it as 60 or 0.5", "up", "--lab-speed", "fast")]
    [InlineData("--workers: -1 is out of range; write 0 to 1000", "cluster", "create", "x", "--workers", "-1")]
    [InlineData("--output: `xml` is none of table, json, yaml", "cluster", "list", "-o", "xml")]
    [InlineData(
        "gantry: the key of admin is not of three parts with a colon between them; write it as CONSUMER:TOKEN:SECRET",
        "lab",
        "--port",
        "0",
        "--admin-key",
        "a:b"
    )]
    [InlineData(
        "gantry: the key of alice is not of three parts with a colon between them; write it as CONSUMER:TOKEN:SECRET",
        "lab",
        "--port",
        "0",
        "--user-key",
        "a::c"
    )]
    public async Task What_cannot_be_is_answered_with_one_line_that_says_what_to_write(string expected, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await _host.RunAsync(arguments));

        Assert.Equal(expected, _host.Error.Trim());
    }

    [Fact]
    public async Task Completion_offers_no_Windows_forms_and_is_silent_without_a_console()
    {
        await _host.RunAsync("[suggest:8]", "account ");
        Assert.Contains("update", _host.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("/?", _host.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("/h", _host.Out, StringComparison.Ordinal);

        Assert.Equal(0, await _host.RunAsync("[suggest:12]", "profile get "));
        Assert.Equal("", _host.Error);
    }

    [Fact]
    public async Task A_data_folder_without_write_permission_is_not_reported_as_in_use()
    {
        var file = Path.Combine(_host.Home, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Refused, await _host.RunAsync("console", "--port", "0", "--data", Path.Combine(file, "below")));

        Assert.Contains("cannot be written", _host.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("another gantry", _host.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_in_use_is_reported_as_such()
    {
        var data = Path.Combine(_host.Home, "data");
        using var held = Gantry.Cli.Hosting.DataFolder.Hold(data);

        Assert.Equal(ExitCode.Refused, await _host.RunAsync("console", "--port", "0", "--data", data));

        Assert.Contains("another gantry is running on --data", _host.Error, StringComparison.Ordinal);
    }
}
