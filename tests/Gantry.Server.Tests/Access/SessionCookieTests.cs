using System.Net.Http.Json;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Access;

public sealed class SessionCookieTests
{
    [Fact]
    public async Task The_cookie_of_a_login_is_kept_from_scripts_plain_HTTP_and_other_sites()
    {
        await using var console = await TestConsole.StartAsync();

        var cookie = await CookieAsync(console);

        foreach (var attribute in new[] { "httponly", "secure", "samesite=strict" })
        {
            Assert.Contains(attribute, cookie, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site", 401)]
    [InlineData("Sec-Fetch-Site", "same-site", 401)]
    [InlineData("Sec-Fetch-Site", "same-origin", 201)]
    [InlineData("Sec-Fetch-Site", "none", 201)]
    [InlineData("Origin", "https://evil.example.com", 401)]
    [InlineData("Origin", "null", 401)]
    [InlineData("Origin", "{own}", 201)]
    [InlineData("X-Nothing", "a client that is no browser", 201)]
    public async Task The_cookie_counts_for_a_change_only_when_the_page_that_sends_it_is_the_consoles_own(
        string header,
        string value,
        int expected
    )
    {
        await using var console = await TestConsole.StartAsync();
        using var browser = console.NewClient();
        browser.DefaultRequestHeaders.Add("Cookie", (await CookieAsync(console)).Split(';')[0]);
        browser.DefaultRequestHeaders.Add(
            header,
            value.Replace("{own}", console.Host.Url.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
        );

        await TestConsole.ReadAsync(
            await browser.PostAsJsonAsync("/v1/projects", new { metadata = new { name = "demo" } }),
            expected
        );
        await TestConsole.ReadAsync(await browser.GetAsync("/v1/users/info"), 200);
    }

    [Fact]
    public async Task A_token_in_the_header_counts_wherever_the_request_comes_from()
    {
        await using var console = await TestConsole.StartAsync();
        var token = (await CookieAsync(console)).Split(';')[0].Split('=', 2)[1];
        using var client = console.NewClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");

        await TestConsole.ReadAsync(await client.PostAsJsonAsync("/v1/projects", new { metadata = new { name = "demo" } }), 201);
    }

    private static async Task<string> CookieAsync(TestConsole console)
    {
        using var nobody = console.NewClient();
        using var answer = await nobody.PostAsJsonAsync(
            "/v1/auth/authenticate",
            new { emailId = console.Host.Bootstrap!.AdminEmail, password = console.Host.Bootstrap.AdminPassword }
        );
        return Assert.Single(answer.Headers.GetValues("Set-Cookie"));
    }
}
