using System.Security.Claims;
using Gantry.Server.Auth;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Gantry.Server.Tests.Access;

/// <summary>Authorization of an endpoint that declares neither a permission nor anonymous access.</summary>
public sealed class DeclarationTests
{
    private static readonly RequestDelegate Nothing = _ => Task.CompletedTask;

    private static readonly Endpoint Ours = new RouteEndpoint(
        Nothing,
        RoutePatternFactory.Parse("/v1/forgotten"),
        0,
        EndpointMetadataCollection.Empty,
        "forgotten"
    );

    private static readonly Endpoint OfRouting = new(Nothing, EndpointMetadataCollection.Empty, "405 HTTP Method Not Supported");

    [Fact]
    public async Task An_endpoint_that_declares_nothing_is_closed_even_to_users()
    {
        Assert.False(await IsLetThroughAsync(Ours, isUser: true));
        Assert.False(await IsLetThroughAsync(Ours, isUser: false));
    }

    [Fact]
    public async Task The_answers_of_routing_itself_need_a_user_and_no_permission()
    {
        Assert.True(await IsLetThroughAsync(OfRouting, isUser: true));
        Assert.False(await IsLetThroughAsync(OfRouting, isUser: false));
    }

    [Fact]
    public async Task A_request_that_matches_no_endpoint_passes_authorization() =>
        Assert.True(await IsLetThroughAsync(endpoint: null, isUser: false));

    private static async Task<bool> IsLetThroughAsync(Endpoint? endpoint, bool isUser)
    {
        var http = new DefaultHttpContext();
        http.SetEndpoint(endpoint);
        var user = new ClaimsPrincipal(isUser ? new ClaimsIdentity(Schemes.ApiKey) : new ClaimsIdentity());
        var context = new AuthorizationHandlerContext([new NothingDeclared()], user, http);
        await new NothingDeclaredHandler().HandleAsync(context);
        return context.HasSucceeded;
    }
}
